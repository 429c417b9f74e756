namespace MiniSora.Jobs.Runs;

/// <summary>
/// One run process per run folder. The kernel drops the lock with the process, however it dies, so that an attempt
/// whose stale predecessor is still writing its checkpoint waits for it instead of writing into the same files.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream file;

    private FolderLock(FileStream file) => this.file = file;

    /// <summary>Waits up to <paramref name="patience"/>; throws <see cref="FolderBusyException"/> after that.</summary>
    public static FolderLock Acquire(string folder, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, "lock");
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (File.Exists(path) && time.GetElapsedTime(start) < patience)
            {
                if (cancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100)))
                    throw new FolderBusyException(folder);
            }
            catch (IOException) when (File.Exists(path))
            {
                throw new FolderBusyException(folder);
            }
        }
    }

    public void Dispose() => file.Dispose();
}

/// <summary>Another process works in the run's folder.</summary>
internal sealed class FolderBusyException(string folder) : Exception($"Another process works in {folder}.")
{
    public string Folder { get; } = folder;
}
