using System.Globalization;
using System.Text;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// The child's side of the protocol: numbered JSON lines on the original standard output, and the log file in the run's folder.
/// The newest lines are kept, so that the parent can have one again that did not reach it whole.
/// </summary>
internal sealed class RunEventWriter : IRunReporter, IDisposable
{
    // More than a pipe and the parent's reader hold of the shortest lines: what is asked for again is still here.
    private const int Kept = 4096;

    private readonly StreamWriter lines;
    private readonly Queue<(long Seq, string Line)> said = new();
    private readonly string logFile;
    private readonly TimeProvider time;
    private readonly Action onBroken;
    private readonly Lock gate = new();
    private long seq;
    private bool broken;

    /// <param name="output">Standard output; nothing else may write to it.</param>
    /// <param name="logFile">Log lines are appended here.</param>
    /// <param name="time">Clock of the events.</param>
    /// <param name="onBroken">Called once when nobody reads any more: the parent is gone.</param>
    public RunEventWriter(Stream output, string logFile, TimeProvider time, Action onBroken)
    {
        (this.logFile, this.time, this.onBroken) = (logFile, time, onBroken);
        lines = new StreamWriter(output, new UTF8Encoding(false)) { NewLine = "\n" };
    }

    public void Report(RunEvent runEvent)
    {
        lock (gate)
        {
            var numbered = runEvent with { Seq = ++seq, At = time.GetUtcNow() };
            if (numbered is RunLog log)
                Append(log);
            var line = RunEventJson.Write(numbered);
            said.Enqueue((seq, line));
            if (said.Count > Kept)
                said.Dequeue();
            Write([line]);
        }
    }

    /// <summary>Says every event from this number on once more.</summary>
    public void Repeat(long from)
    {
        lock (gate)
            Write(said.Where(kept => kept.Seq >= from).Select(kept => kept.Line));
    }

    public void Dispose()
    {
        try
        {
            lines.Dispose();
        }
        catch (IOException)
        {
            // The reader left first; what it did not take is in its ledger's hands.
        }
    }

    private void Write(IEnumerable<string> some)
    {
        if (broken)
            return;
        try
        {
            foreach (var line in some)
                lines.WriteLine(line);
            lines.Flush();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            broken = true;
            onBroken();
        }
    }

    private void Append(RunLog log)
    {
        try
        {
            File.AppendAllText(logFile, string.Create(CultureInfo.InvariantCulture, $"{log.At:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {log.Level,-7} {log.Text}\n"));
        }
        catch (IOException)
        {
            // A full disk must not hide the message: it still goes to the parent.
        }
    }
}
