namespace MiniSora.Web.Status;

/// <summary>Marks the resource files of the status pages.</summary>
internal sealed class StatusTexts;
