namespace MiniSora.Web.Queue;

/// <summary>Marks the resource files of the queue.</summary>
internal sealed class QueueTexts;
