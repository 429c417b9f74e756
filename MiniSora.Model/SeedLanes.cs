namespace MiniSora.Model;

/// <summary>First number of <see cref="SplitMix64.For"/> for each use of a run's seed, so that no two uses share a stream.</summary>
internal static class SeedLanes
{
    public const ulong Parameters = 1;
    public const ulong Order = 2;
    public const ulong Augmentation = 3;
    public const ulong Objective = 4;
    public const ulong Noise = 5;
    public const ulong Batch = 6;
    public const ulong Vocabulary = 7;
    public const ulong Calibration = 8;
    public const ulong NoiseLevel = 9;
    public const ulong Images = 10;
    public const ulong Windows = 11;
    public const ulong Circle = 12;
    public const ulong Buckets = 13;
    public const ulong Expansion = 14;
    public const ulong Validation = 15;
    public const ulong EncoderClips = 16;
    public const ulong Tokens = 20;
}
