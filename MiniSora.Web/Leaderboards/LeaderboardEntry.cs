namespace MiniSora.Web.Leaderboards;

/// <summary>A checkpoint that takes part in the leaderboards. Entries are not withdrawn: all attempts stay visible.</summary>
public sealed class LeaderboardEntry
{
    public const int MaxTitle = 120;

    public Guid Id { get; init; }

    /// <summary>1, 2, 3 …: part of its address.</summary>
    public long Number { get; init; }

    public Guid OwnerId { get; init; }

    public string Title { get; init; } = "";

    /// <summary>The training run; it may be gone.</summary>
    public Guid RunId { get; init; }

    public string CheckpointSha256 { get; init; } = "";

    /// <summary>Spec that trained it; a verification trains by it again.</summary>
    public string SpecYaml { get; init; } = "";

    public string SpecHash { get; init; } = "";

    /// <summary>How it is sampled, a canonical evaluation spec: steps and guidance are part of the entry.</summary>
    public string EvaluationYaml { get; init; } = "";

    public string Dataset { get; init; } = "";

    /// <summary>Processor and threads, or the card, that trained it.</summary>
    public string Machine { get; init; } = "";

    /// <summary>Peak memory of training.</summary>
    public long PeakMemoryBytes { get; init; }

    /// <summary>Operations of training.</summary>
    public double Flops { get; init; }

    public double DeviceSeconds { get; init; }

    /// <summary>Seconds for a second of video; null until the portal measured it.</summary>
    public double? SecondsPerVideoSecond { get; set; }

    /// <summary>Joules for a second of video; null where they cannot be read.</summary>
    public double? JoulesPerVideoSecond { get; set; }

    /// <summary>Machine of the two numbers before.</summary>
    public string? SamplingMachine { get; set; }

    /// <summary>Quality that the member claims, 0 to 1; null for none.</summary>
    public double? ClaimedQuality { get; init; }

    /// <summary>How far it is proved.</summary>
    public EntryLevel Level { get; set; }

    /// <summary>Quality at that level; null for an entry without a claim that was not scored.</summary>
    public double? Quality { get; set; }

    public double? QualityLow { get; set; }

    public double? QualityHigh { get; set; }

    /// <summary>Conditions of the quality, a <c>ScoreRecord</c> as JSON; null for a claim.</summary>
    public string? ScoreJson { get; set; }

    /// <summary>Whether a spot check found that the reported losses are not those of the spec: then it is not ranked.</summary>
    public bool Disproved { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it got its level.</summary>
    public DateTimeOffset LevelAt { get; set; }

    /// <summary>What it costs in a track; null where that was not measured.</summary>
    public double? Cost(Track track) => track switch
    {
        Track.GpuFriendly => PeakMemoryBytes > 0 ? PeakMemoryBytes : null,
        Track.TrainingEfficient => Flops > 0 ? Flops : null,
        Track.InferenceEfficient => SecondsPerVideoSecond,
        _ => throw new ArgumentOutOfRangeException(nameof(track), track, "not a track"),
    };

    /// <summary>The machine that a track's cost belongs to.</summary>
    public string MachineOf(Track track) => track == Track.InferenceEfficient ? SamplingMachine ?? Machine : Machine;
}
