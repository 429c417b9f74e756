namespace MiniSora.Model.Weights;

/// <summary>
/// Bounds on what a pickle may ask for, far above real checkpoints: DiT-XL/2 with averaged weights and optimizer state has
/// 0.3 MB of pickle, some 40,000 values and three levels.
/// </summary>
internal static class PickleLimits
{
    /// <summary>Longest pickle, in bytes.</summary>
    internal const int Bytes = 32 << 20;

    /// <summary>Most values put on the stack or into the memo.</summary>
    internal const int Values = 1_000_000;

    /// <summary>Most open brackets (MARK) at a time.</summary>
    internal const int Marks = 1_000;

    /// <summary>Longest integer, in bytes.</summary>
    internal const int IntegerBytes = 255;

    /// <summary>Deepest nesting of dictionaries and lists around a tensor.</summary>
    internal const int Depth = 32;

    /// <summary>Most values looked at below a root: shared values are looked at once for each place.</summary>
    internal const int Visits = 200_000;

    /// <summary>Longest full name of a tensor, in characters.</summary>
    internal const int NameLength = 512;

    /// <summary>Most values listed as skipped.</summary>
    internal const int Skipped = 1_000;

    /// <summary>Most entries of an archive, and bytes of its directory.</summary>
    internal const int ArchiveEntries = 200_000, ArchiveDirectoryBytes = 32 << 20;

    /// <summary>Tensors together may have this many times the file's bytes (tied weights count twice), and <see cref="ExpansionBytes"/> more.</summary>
    internal const int Expansion = 8;

    /// <inheritdoc cref="Expansion"/>
    internal const long ExpansionBytes = 16 << 20;
}
