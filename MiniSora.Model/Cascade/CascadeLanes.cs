namespace MiniSora.Model.Cascade;

/// <summary>Streams of a cascade's seed; apart from those of <see cref="SeedLanes"/>.</summary>
internal static class CascadeLanes
{
    public const ulong Parameters = 64;
    public const ulong Level = 72;
    public const ulong Noise = 80;
    public const ulong Drop = 88;
    public const ulong SampleStart = 96;
    public const ulong SampleNoise = 104;
}
