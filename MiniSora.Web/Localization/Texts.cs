namespace MiniSora.Web.Localization;

/// <summary>Marks the resource files of the shell and the public pages. A feature may have its own pair beside its pages.</summary>
internal sealed class Texts;
