namespace MiniSora.Jobs.Runs;

/// <summary>How run processes are started and ended.</summary>
public sealed class RunProcessOptions
{
    /// <summary>The <c>minisora</c> executable; null: <c>MINISORA_EXECUTABLE</c>, else the one beside the running program.</summary>
    public string? Executable { get; set; }

    /// <summary>The data folder handed to the child as <c>MINISORA_DATA</c>; null: the child inherits it.</summary>
    public string? DataFolder { get; set; }

    /// <summary>After being asked to cancel, the child has this long before SIGTERM. Default 1 s.</summary>
    public TimeSpan CancelGrace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>After being interrupted (write a checkpoint and leave) the child has this long before SIGTERM. Default 30 s.</summary>
    public TimeSpan CheckpointGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>From SIGTERM to the end of the process tree by force. Default 10 s. A cancelled child is ended without SIGTERM: it has nothing to keep.</summary>
    public TimeSpan KillGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Interval of heartbeats to the ledger. Default 3 s.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Threads of the child's arithmetic. Default: one for each processor. <c>OMP_NUM_THREADS</c> in this process's environment outranks it.</summary>
    public int Threads { get; set; } = System.Environment.ProcessorCount;

    /// <summary>Further environment of the child, e.g. a thread count.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>();
}
