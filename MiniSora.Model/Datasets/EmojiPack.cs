namespace MiniSora.Model.Datasets;

/// <summary>What is on the disk of the animated emoji.</summary>
/// <param name="Prepared">Clips can be read.</param>
/// <param name="Clips">Number of clips, 0 while not prepared.</param>
/// <param name="Selection">Which packages they come from, or null.</param>
/// <param name="Bytes">Bytes on disk, packages and caches together.</param>
public sealed record EmojiState(bool Prepared, int Clips, EmojiSelection? Selection, long Bytes);

/// <summary>Fetches the animated Fluent emoji and turns them into captioned clips.</summary>
public static class EmojiPack
{
    /// <summary>Bytes to fetch and bytes on disk afterwards, for people who decide.</summary>
    public static long DownloadBytes(EmojiSelection selection) => throw new NotImplementedException();

    /// <summary>What is on the disk. Cheap: reads one small file.</summary>
    public static EmojiState State(string dataFolder) => throw new NotImplementedException();

    /// <summary>
    /// Fetches what is missing, verifies it and decodes it. May be called again after any failure and goes on where it
    /// stopped; with everything in place it returns at once.
    /// </summary>
    /// <exception cref="DatasetException">With a code of <see cref="DatasetErrors"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was fetched whole is kept.</exception>
    public static Task<EmojiState> PrepareAsync(
        string dataFolder, EmojiPackOptions options, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
