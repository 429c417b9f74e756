using System.ComponentModel.DataAnnotations;

namespace MiniSora.Web.Runs;

/// <summary>Section <c>Runs</c> of the settings.</summary>
public sealed class RunOptions
{
    /// <summary>Runs that execute at the same time on this machine. Default 1.</summary>
    [Range(1, 64)] public int Slots { get; set; } = 1;

    /// <summary>Runs one member may have waiting or running. Default 50.</summary>
    [Range(1, 10_000)] public int MaxOpenRunsPerMember { get; set; } = 50;

    /// <summary>Submissions of one member per minute. Default 30.</summary>
    [Range(1, 10_000)] public int MaxSubmitsPerMinute { get; set; } = 30;

    /// <summary>Below this many free bytes nothing is submitted or started. Default 1 GiB.</summary>
    [Range(0, long.MaxValue)] public long MinFreeBytes { get; set; } = 1L << 30;

    /// <summary>Share of the disk in use from which on new runs wait. Default 0.9.</summary>
    [Range(0.1, 1)] public double FullestDisk { get; set; } = 0.9;

    /// <summary>So much free room is enough however full a large disk is. Default 50 GiB.</summary>
    [Range(0, long.MaxValue)] public long AmpleFreeBytes { get; set; } = 50L << 30;

    /// <summary>Checkpoints kept per run, besides those that somebody refers to, until an administrator saves a policy on <c>/admin/storage</c>. Default 2.</summary>
    [Range(1, 1000)] public int CheckpointsKept { get; set; } = 2;

    /// <summary>Whether one run process is kept ready, so that runs begin sooner. Costs the memory of a loaded libtorch. Default true.</summary>
    public bool KeepSpare { get; set; } = true;

    /// <summary>Whether a new portal begins with the checkpoint that ships with the product. Default true.</summary>
    public bool Starter { get; set; } = true;

    /// <summary>Whether this process executes runs itself. Tests of pages switch it off.</summary>
    public bool Execute { get; set; } = true;
}
