namespace MiniSora.Web.Runs;

/// <summary>Marks the resource files of the pages about runs. Texts of fields, problems and failures come from the specs.</summary>
internal sealed class RunTexts;
