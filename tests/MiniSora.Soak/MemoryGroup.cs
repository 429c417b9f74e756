using System.Diagnostics;
using System.Globalization;

namespace MiniSora.Soak;

/// <summary>
/// A memory control group below the one this program is in: when the processes in it want more than its limit, the kernel kills one of them, as it does
/// when the machine's memory ends. Of version 2, or of version 1 where memory is still its.
/// </summary>
internal sealed class MemoryGroup : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly string folder;
    private readonly bool second;
    private readonly EventHandler onExit;

    private MemoryGroup(string folder, bool second)
    {
        (this.folder, this.second) = (folder, second);
        onExit = (_, _) => Dispose();
        AppDomain.CurrentDomain.ProcessExit += onExit;
    }

    /// <summary>How many processes of it the kernel has killed.</summary>
    public long Kills => File.ReadLines(Path.Combine(folder, second ? "memory.events" : "memory.oom_control"))
        .Where(line => line.StartsWith("oom_kill ", StringComparison.Ordinal)).Sum(line => long.Parse(line.AsSpan("oom_kill ".Length), CultureInfo.InvariantCulture));

    /// <summary>The most that its processes have held at a time.</summary>
    public long PeakBytes => long.Parse(File.ReadAllText(Path.Combine(folder, second ? "memory.peak" : "memory.max_usage_in_bytes")), CultureInfo.InvariantCulture);

    /// <summary>Makes one.</summary>
    /// <exception cref="UnavailableException">Control groups cannot be made here.</exception>
    public static MemoryGroup Make(long bytes)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new UnavailableException("The run process is put into a memory control group, which only root can make: run this command as root.");
        if (Parent() is not { } parent)
            throw new UnavailableException("The run process is put into a memory control group, and no control groups with a memory controller are mounted here: run this command on the machine itself or in a container that has /sys/fs/cgroup.");
        try
        {
            var group = new MemoryGroup(Directory.CreateDirectory(Path.Combine(parent.Folder, $"minisora-soak-{Environment.ProcessId}")).FullName, parent.Second);
            group.Limit(bytes);
            return group;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UnavailableException($"The run process is put into a memory control group, and none can be made below {parent.Folder} ({error.Message}): run this command where /sys/fs/cgroup can be written, in a container with --privileged.");
        }
    }

    /// <summary>Puts a process into it: what it takes from now on counts. False when the process has gone.</summary>
    public bool Take(int process)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, "cgroup.procs"), process.ToString(CultureInfo.InvariantCulture));
            return true;
        }
        catch (IOException) when (!Directory.Exists($"/proc/{process}"))
        {
            return false;
        }
    }

    /// <summary>Kills what is still in it and removes it.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= onExit;
        for (var patience = Stopwatch.StartNew(); Directory.Exists(folder); Thread.Sleep(20))
        {
            try
            {
                foreach (var id in File.ReadAllLines(Path.Combine(folder, "cgroup.procs")))
                    Stage.Kill(int.Parse(id, CultureInfo.InvariantCulture));
                // Not recursive: its files are the kernel's and go with it.
                Directory.Delete(folder);
            }
            catch (IOException) when (patience.Elapsed < Patience)
            {
                // Somebody is still dying.
            }
        }
    }

    private void Limit(long bytes)
    {
        var text = bytes.ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(folder, second ? "memory.max" : "memory.limit_in_bytes"), text);
        // Without swap: it would only put the end off.
        if (second)
            WriteIfThere("memory.swap.max", "0");
        else
            WriteIfThere("memory.memsw.limit_in_bytes", text);
    }

    private void WriteIfThere(string name, string text)
    {
        if (File.Exists(Path.Combine(folder, name)))
            File.WriteAllText(Path.Combine(folder, name), text);
    }

    /// <summary>Where a group can be made: below this program's own with version 1; with version 2 below the nearest that hands memory on.</summary>
    private static (string Folder, bool Second)? Parent()
    {
        if (!File.Exists("/proc/self/cgroup"))
            return null;
        var mounts = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).ToList();
        foreach (var parts in File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':', 3)))
        {
            var second = parts[0] == "0";
            if (!second && !parts[1].Split(',').Contains("memory"))
                continue;
            // The fields before the dash vary in number; after it stand kind, source and options.
            var mount = mounts.FirstOrDefault(fields => Array.IndexOf(fields, "-") is > 0 and var dash
                && fields[dash + 1] == (second ? "cgroup2" : "cgroup") && (second || fields[^1].Split(',').Contains("memory")));
            if (mount is null)
                continue;
            var top = mount[4];
            var own = parts[2].StartsWith(mount[3], StringComparison.Ordinal) ? parts[2][mount[3].Length..] : parts[2];
            var folder = Path.Combine(top, own.Trim('/')).TrimEnd('/');
            if (!second)
                return (folder, false);
            for (var above = folder; above.StartsWith(top, StringComparison.Ordinal); above = Path.GetDirectoryName(above)!)
            {
                if (HandsOn(above))
                    return (above, true);
            }
        }

        return null;
    }

    private static bool HandsOn(string folder)
    {
        var file = Path.Combine(folder, "cgroup.subtree_control");
        return File.Exists(file) && File.ReadAllText(file).Split([' ', '\n']).Contains("memory");
    }
}
