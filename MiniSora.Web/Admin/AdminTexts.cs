namespace MiniSora.Web.Admin;

/// <summary>Marks the resource files of the administrators' pages.</summary>
internal sealed class AdminTexts;
