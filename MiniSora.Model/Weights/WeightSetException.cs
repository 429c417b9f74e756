namespace MiniSora.Model.Weights;

/// <summary>What is wrong with a file of weights whatever its format, or with an index of several.</summary>
public enum WeightSetError
{
    /// <summary>Of no known format.</summary>
    Format,

    /// <summary>The index is not the JSON object it should be, or too large.</summary>
    Index,

    /// <summary>A file of the index is missing, or its name is not that of a neighbour.</summary>
    Shard,

    /// <summary>A tensor is not where the index says, or one that was asked for does not exist.</summary>
    Missing,
}

/// <summary>A file of no known format, an index that is not sound, or a tensor that is missing.</summary>
public sealed class WeightSetException(WeightSetError error, string path, string detail)
    : WeightFileException(CodeOf("weights", error), path, detail)
{
    /// <summary>Which rule is broken.</summary>
    public WeightSetError Error { get; } = error;
}
