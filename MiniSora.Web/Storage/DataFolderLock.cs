using System.Text.Json;

namespace MiniSora.Web.Storage;

/// <summary>Who has the data folder.</summary>
internal sealed record DataFolderHolder(int ProcessId, string Machine, DateTimeOffset Since);

/// <summary>
/// Makes sure that one portal works on a data folder. The operating system frees the lock when the process dies,
/// however it dies, so there is nothing to clean up.
/// </summary>
internal sealed class DataFolderLock : IDisposable
{
    private readonly FileStream held;

    private DataFolderLock(FileStream held) => this.held = held;

    /// <summary>Takes the folder; null when another process has it, which <paramref name="holder"/> then describes if it said so.</summary>
    public static DataFolderLock? TryTake(DataFolder folder, DateTimeOffset now, out DataFolderHolder? holder)
    {
        // The lock and what is said about its holder are two files: a locked file cannot be read by the other process.
        var card = Path.Combine(folder.Root, "portal.holder.json");
        FileStream stream;
        try
        {
            stream = new(Path.Combine(folder.Root, "portal.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException))
        {
            holder = ReadCard(card);
            return null;
        }

        holder = new(Environment.ProcessId, Environment.MachineName, now);
        File.WriteAllText(card, JsonSerializer.Serialize(holder));
        return new(stream);
    }

    public void Dispose() => held.Dispose();

    private static DataFolderHolder? ReadCard(string card)
    {
        try
        {
            return JsonSerializer.Deserialize<DataFolderHolder>(File.ReadAllText(card));
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            // The holder is about to write it; the lock alone already says no.
            return null;
        }
    }
}
