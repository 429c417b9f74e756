namespace MiniSora.Web.Retention;

/// <summary>Marks the resource files of the page about the room on the disk.</summary>
internal sealed class RetentionTexts;
