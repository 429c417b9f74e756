namespace MiniSora.Web.Storage;

/// <summary>The one folder in which everything the portal keeps lives.</summary>
/// <param name="Root">Absolute path.</param>
public sealed record DataFolder(string Root)
{
    /// <summary>The SQLite file.</summary>
    public string Database => Path.Combine(Root, "portal.db");

    /// <summary>Content-addressed files, <c>ab/&lt;sha256&gt;</c>.</summary>
    public string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>One working folder per run, kept over attempts.</summary>
    public string Runs => Path.Combine(Root, "runs");

    /// <summary>Downloaded and imported clips.</summary>
    public string Datasets => Path.Combine(Root, "datasets");

    /// <summary>Keys that protect cookies; whoever reads them can sign in as anybody.</summary>
    public string Keys => Path.Combine(Root, "keys");

    /// <summary>Measured speed of this machine, written by the first run.</summary>
    public string Calibration => Path.Combine(Root, "calibration.json");

    /// <summary>Working folder of a run.</summary>
    public string RunFolder(Guid runId) => Path.Combine(Runs, runId.ToString("N"));

    /// <summary>Bytes that can still be written on the file system that holds the folder.</summary>
    public long FreeBytes() => new DriveInfo(Root).AvailableFreeSpace;

    /// <summary>Size of the file system that holds the folder.</summary>
    public long TotalBytes() => new DriveInfo(Root).TotalSize;

    /// <summary>Creates the folder and its parts, readable by their owner alone.</summary>
    public void Create()
    {
        foreach (var path in new[] { Root, Artifacts, Runs, Datasets, Keys })
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
