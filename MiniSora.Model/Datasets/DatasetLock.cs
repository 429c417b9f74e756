namespace MiniSora.Model.Datasets;

/// <summary>Keeps two processes from preparing the same dataset at once. The system drops it when its holder dies.</summary>
internal static class DatasetLock
{
    /// <exception cref="DatasetException">Someone else holds it.</exception>
    internal static IDisposable Take(string id, string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException held) when (!Media.AtomicFile.IsDiskFull(held) && held is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new DatasetException(DatasetErrors.Busy, $"The dataset {id} is being prepared by another process. Wait for it, then try again.", [id], held);
        }
    }
}
