using System.Text;
using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Worker;

/// <summary>
/// What an attempt said and the portal has not stored yet, in a file of the run's folder: the portal may be away for hours, and the run goes on.
/// One writer, one reader, in one process; when the process dies, the attempt is lost with it and the next one starts from a checkpoint.
/// </summary>
internal sealed class EventSpool : IDisposable
{
    private readonly string path;
    private readonly FileStream file;
    private readonly List<(long Seq, long Offset)> index = [];
    private readonly Lock gate = new();
    private long end;

    public EventSpool(string folder, int attempt)
    {
        foreach (var old in Directory.EnumerateFiles(folder, "spool-*.jsonl"))
            File.Delete(old);
        path = Path.Combine(folder, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"spool-{attempt}.jsonl"));
        file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
    }

    /// <summary>Number of the last event; 0 for none.</summary>
    public long LastSeq
    {
        get
        {
            lock (gate)
                return index.Count == 0 ? 0 : index[^1].Seq;
        }
    }

    /// <summary>Adds events, in their order.</summary>
    public void Append(IReadOnlyList<RunEvent> events)
    {
        lock (gate)
        {
            file.Position = end;
            foreach (var happened in events)
            {
                index.Add((happened.Seq, end));
                var line = Encoding.UTF8.GetBytes(RunEventJson.Write(happened) + "\n");
                file.Write(line);
                end += line.Length;
            }

            file.Flush();
        }
    }

    /// <summary>The lines after a number, at most so many.</summary>
    public IReadOnlyList<string> After(long seq, int most)
    {
        lock (gate)
        {
            var from = index.FindIndex(entry => entry.Seq > seq);
            if (from < 0)
                return [];
            var to = Math.Min(index.Count, from + most);
            var stop = to < index.Count ? index[to].Offset : end;
            var bytes = new byte[stop - index[from].Offset];
            file.Position = index[from].Offset;
            file.ReadExactly(bytes);
            return Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    public void Dispose()
    {
        file.Dispose();
        File.Delete(path);
    }
}
