namespace MiniSora.Web.Api;

/// <summary>Marks the resource files of the pages about the API.</summary>
internal sealed class ApiTexts;
