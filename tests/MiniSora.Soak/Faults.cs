namespace MiniSora.Soak;

/// <summary>Which fault is brought about.</summary>
internal enum Fault
{
    Oom,
    Disk,
}

/// <summary>What the machine may do to a portal: the kernel kills a run for want of memory, and the disk is full.</summary>
internal sealed class Faults(Fault? only, Bounds bounds)
{
    public async Task RunAsync(CancellationToken stop)
    {
        // Both first: what cannot be done here is said before anything else is done.
        using var group = only == Fault.Disk ? null : MemoryGroup.Make(OutOfMemory.LimitBytes);
        using var disk = only == Fault.Oom ? null : SmallDisk.Mount(FullDisk.Mebibytes);
        if (group is not null)
            await new OutOfMemory(group, bounds).RunAsync(stop);
        if (disk is not null)
            await new FullDisk(disk, bounds).RunAsync(stop);
    }
}
