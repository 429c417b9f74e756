namespace MiniSora.Jobs.Runs;

/// <summary>Takes what a run handler has to say; numbers and stamps the events.</summary>
public interface IRunReporter
{
    /// <summary>Reports an event; its <see cref="RunEvent.Seq"/> and <see cref="RunEvent.At"/> are set here.</summary>
    void Report(RunEvent runEvent);
}
