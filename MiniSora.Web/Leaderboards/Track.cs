namespace MiniSora.Web.Leaderboards;

/// <summary>What an entry is ranked by beside its quality: the community's three goals.</summary>
public enum Track
{
    /// <summary>Peak memory of training.</summary>
    GpuFriendly,

    /// <summary>Operations of training.</summary>
    TrainingEfficient,

    /// <summary>Seconds for a second of video.</summary>
    InferenceEfficient,
}

/// <summary>Addresses and costs of the tracks.</summary>
public static class Tracks
{
    /// <summary>Part of the address, e.g. <c>gpu-friendly</c>.</summary>
    public static string Slug(Track track) => track switch
    {
        Track.GpuFriendly => "gpu-friendly",
        Track.TrainingEfficient => "training-efficient",
        Track.InferenceEfficient => "inference-efficient",
        _ => throw new ArgumentOutOfRangeException(nameof(track), track, "not a track"),
    };

    /// <summary>The track of an address, or null.</summary>
    public static Track? Find(string? slug) => Enum.GetValues<Track>().Select(track => (Track?)track).FirstOrDefault(track => Slug(track!.Value) == slug);

    /// <summary>Budgets of training, FLOP: an entry belongs to the smallest that holds it, and its verification is cut there.</summary>
    public static IReadOnlyList<double> Budgets { get; } = [1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20];

    /// <summary>The smallest budget that holds so many operations.</summary>
    public static double BudgetOf(double flops) => Budgets.FirstOrDefault(budget => budget >= flops, flops);
}

/// <summary>How much a number is worth, from a claim to a repetition.</summary>
public enum EntryLevel
{
    /// <summary>A member says so.</summary>
    SelfReported,

    /// <summary>The portal sampled from the checkpoint with seeds and prompts that nobody saw before, and scored.</summary>
    Rescored,

    /// <summary>The portal trained again from the spec under the budget, several times, and scored.</summary>
    Verified,
}
