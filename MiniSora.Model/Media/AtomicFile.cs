namespace MiniSora.Model.Media;

/// <summary>Files that appear whole or not at all: written beside their place, flushed to the disk, renamed.</summary>
internal static class AtomicFile
{
    private const int LinuxNoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Writes through a stream.</summary>
    internal static void Write(string path, Action<FileStream> write)
    {
        var temporary = TemporaryName(path);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Lets someone else write the file under the temporary name it is given.</summary>
    internal static async Task WriteAsync(string path, Func<string, Task> write)
    {
        var temporary = TemporaryName(path);
        try
        {
            await write(temporary);
            using (var stream = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite))
                stream.Flush(flushToDisk: true);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>True for the error of a full disk.</summary>
    internal static bool IsDiskFull(IOException error) => error.HResult is LinuxNoSpace or WindowsDiskFull;

    /// <summary>Beside the target, so that the rename stays on one file system.</summary>
    private static string TemporaryName(string path)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full) ?? throw new ArgumentException("a folder is not a file", nameof(path));
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
    }
}
