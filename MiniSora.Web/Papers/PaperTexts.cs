namespace MiniSora.Web.Papers;

/// <summary>Marks the resource files of the reading plan and the library.</summary>
internal sealed class PaperTexts;
