namespace MiniSora.Model.Datasets;

/// <summary>What the preparation of a dataset is doing. Stable names: portal and command line translate them.</summary>
public enum DatasetPhase
{
    /// <summary>Fetching packages.</summary>
    Downloading,

    /// <summary>Comparing SHA-256 sums.</summary>
    Verifying,

    /// <summary>Turning files into clips.</summary>
    Decoding,

    /// <summary>Everything is in place.</summary>
    Ready,
}

/// <summary>One report of progress. <paramref name="Fraction"/> is of the whole preparation, 0 to 1, and never falls.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Fraction">Of the whole preparation, 0 to 1.</param>
/// <param name="Detail">Package or file in work, or empty.</param>
public sealed record DatasetProgress(DatasetPhase Phase, double Fraction, string Detail);
