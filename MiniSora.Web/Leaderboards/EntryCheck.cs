namespace MiniSora.Web.Leaderboards;

/// <summary>What the portal does to prove an entry.</summary>
public enum CheckKind
{
    /// <summary>Samples with fresh seeds and prompts, scores.</summary>
    Rescore,

    /// <summary>Trains again under the budget, several times, scores each.</summary>
    Verify,

    /// <summary>Takes some steps again from a checkpoint in the middle and compares the losses.</summary>
    SpotCheck,

    /// <summary>Makes the clips of the arena's prompts.</summary>
    Arena,
}

/// <summary>Where a check is.</summary>
public enum CheckState
{
    /// <summary>Its runs are waiting or running.</summary>
    Running,

    /// <summary>Done: its result counts.</summary>
    Passed,

    /// <summary>A spot check met other losses.</summary>
    Failed,

    /// <summary>It could not be done: a run failed, or what it needs is gone. Says nothing about the entry.</summary>
    Broken,
}

/// <summary>A check of an entry: one or several queued runs, and what came of them.</summary>
public sealed class EntryCheck
{
    public Guid Id { get; init; }

    public Guid EntryId { get; init; }

    public CheckKind Kind { get; init; }

    public CheckState State { get; set; }

    public Guid RequestedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Ids of its runs, JSON: trainings first where there are some, then evaluations in the same order.</summary>
    public string RunIds { get; set; } = "[]";

    /// <summary>Trainings that a verification makes.</summary>
    public int Repetitions { get; init; }

    /// <summary>What came of it, as a number: a quality, or the largest difference of losses.</summary>
    public double? Result { get; set; }

    /// <summary>Why it was broken: a code in <c>LeaderboardTexts</c>, <c>Broken.{code}</c>.</summary>
    public string? Reason { get; set; }
}
