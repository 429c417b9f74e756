using System.ComponentModel;
using System.Diagnostics;

namespace MiniSora.Soak;

/// <summary>A small ext4 in a file, mounted by a loop device: filling the real file system would harm the machine.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly EventHandler onExit;
    private readonly string image;
    private bool mounted = true;

    private SmallDisk(string image, string folder)
    {
        (this.image, Folder) = (image, folder);
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
        var image = folder + ".ext4";
        using (var file = File.Create(image))
            file.SetLength((long)mebibytes << 20);
        // No blocks kept back for root, who the portal is here.
        var (code, words) = Run("mkfs.ext4", "-q", "-m", "0", image);
        if (code == 0)
            (code, words) = Run("mount", "-o", "loop", image, folder);
        if (code == 0)
            return new(image, folder);
        Directory.Delete(folder);
        File.Delete(image);
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
        // The loop device holds on to it until the last user of the mount is gone; its name is not needed for that.
        File.Delete(image);
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
