namespace MiniSora.Web.Roundtables;

/// <summary>Marks the resource files of the roundtables.</summary>
internal sealed class RoundtableTexts;
