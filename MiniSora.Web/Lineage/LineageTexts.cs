namespace MiniSora.Web.Lineage;

/// <summary>Texts of lineages.</summary>
internal sealed class LineageTexts;
