namespace MiniSora.Web.Runs;

/// <summary>One process's try at a run, from claim to end.</summary>
public sealed class Attempt
{
    public Guid RunId { get; init; }

    /// <summary>Fencing number, 1, 2, …</summary>
    public int Number { get; init; }

    /// <summary>Name of the worker that claimed it.</summary>
    public string Worker { get; init; } = "";

    /// <summary>That worker is another process: when the portal restarts, the attempt goes on.</summary>
    public bool Remote { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Last sign of life: a report or a heartbeat.</summary>
    public DateTimeOffset LastHeardAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Highest event number stored; events up to it are not stored again.</summary>
    public long LastEventSeq { get; set; }

    /// <summary>Its device time is in the member's share of the queue.</summary>
    public bool Charged { get; set; }

    public long ResumedFromStep { get; set; }

    /// <summary><c>completed</c>, <c>stopped</c>, <c>interrupted</c> or <c>failed</c>, as the process said; null when it said nothing.</summary>
    public string? Outcome { get; set; }

    public int? ExitCode { get; set; }

    /// <summary>Last lines of its standard error.</summary>
    public string? LastError { get; set; }
}
