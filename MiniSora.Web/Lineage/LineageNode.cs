namespace MiniSora.Web.Lineage;

/// <summary>What stands in a lineage.</summary>
public enum LineageKind
{
    /// <summary>Clips that a model learns from.</summary>
    Dataset,

    /// <summary>A training run that starts from nothing.</summary>
    Training,

    /// <summary>A training run that starts from another one's checkpoint.</summary>
    Fork,

    /// <summary>Weights that a training run wrote.</summary>
    Checkpoint,

    /// <summary>A video of the gallery.</summary>
    Video,

    /// <summary>An entry of the leaderboards.</summary>
    Entry,
}

/// <summary>A thing and what was made from it.</summary>
/// <param name="Title">Name of a run, title of a video or an entry, identifier of a dataset, hash of a checkpoint.</param>
/// <param name="Url">Its page; null for what is gone.</param>
public sealed record LineageNode(LineageKind Kind, string Title, string? Url)
{
    /// <summary>Whose it is; empty where nobody's.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Of a run or an entry.</summary>
    public long? Number { get; init; }

    /// <summary>Of a checkpoint; of a fork, the step of the checkpoint it starts from.</summary>
    public long? Step { get; init; }

    /// <summary>What an entry reached, 0 to 1; null until it was scored.</summary>
    public double? Quality { get; init; }

    /// <summary>Data of a run that learns from something else than the lineage begins with; empty otherwise.</summary>
    public string OtherDataset { get; init; } = "";

    /// <summary>The page that shows the lineage is about this.</summary>
    public bool Here { get; init; }

    public IReadOnlyList<LineageNode> Children { get; init; } = [];

    /// <summary>How many children are not listed.</summary>
    public int More { get; init; }

    /// <summary>Where all of them are; null when no page lists them.</summary>
    public string? MoreUrl { get; init; }

    /// <summary>This one and everything below it.</summary>
    public IEnumerable<LineageNode> All() => Children.SelectMany(child => child.All()).Prepend(this);
}
