using System.ComponentModel;
using System.Diagnostics;

namespace MiniSora.Soak;

/// <summary>A small file system of its own: filling the real one would harm the machine.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly EventHandler onExit;
    private bool mounted = true;

    private SmallDisk(string folder)
    {
        Folder = folder;
        onExit = (_, _) => Dispose();
        AppDomain.CurrentDomain.ProcessExit += onExit;
    }

    public string Folder { get; }

    public long FreeBytes => new DriveInfo(Folder).AvailableFreeSpace;

    private string Filler => Path.Combine(Folder, "filler");

    /// <summary>Mounts one.</summary>
    /// <exception cref="UnavailableException">Nothing can be mounted here.</exception>
    public static SmallDisk Mount(int mebibytes)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new UnavailableException("The portal's data is put on a small file system of its own, which only root can mount: run this command as root.");
        var folder = Directory.CreateTempSubdirectory("minisora-soak-disk-").FullName;
        var (code, words) = Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", folder);
        if (code == 0)
            return new(folder);
        Directory.Delete(folder);
        throw new UnavailableException($"The portal's data is put on a small file system of its own, and it cannot be mounted here ({words.Trim()}): run this command on the machine itself, or in a container with --privileged.");
    }

    /// <summary>Takes all the room there is, to the last byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        var block = new byte[1 << 20];
        for (var size = block.Length; size > 0;)
        {
            try
            {
                file.Write(block, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    /// <summary>Gives some of the room back.</summary>
    public void Free(int mebibytes)
    {
        using var file = new FileStream(Filler, FileMode.Open, FileAccess.Write);
        file.SetLength(file.Length - ((long)mebibytes << 20));
    }

    /// <summary>Gives all the room back.</summary>
    public void Free() => File.Delete(Filler);

    /// <summary>Unmounts it, whoever still works on it.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= onExit;
        if (!mounted)
            return;
        mounted = false;
        foreach (var id in Stage.RunProcesses([Folder]))
            Stage.Kill(id);
        if (Run("umount", "-l", Folder) is { Code: not 0 } failed)
            Console.Error.WriteLine($"{Folder} is still mounted: {failed.Words.Trim()}");
        else
            Directory.Delete(Folder);
    }

    private static (int Code, string Words) Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var words = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, words);
        }
        catch (Win32Exception missing)
        {
            return (127, missing.Message);
        }
    }
}
