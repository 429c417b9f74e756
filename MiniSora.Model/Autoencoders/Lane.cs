namespace MiniSora.Model.Autoencoders;

/// <summary>Names of this folder's random streams: first argument of <see cref="SplitMix64.For"/> after the seed.</summary>
internal static class Lane
{
    internal const ulong Codec = 0xC0DEC;
    internal const ulong VaeWeights = 0xC0DEC + 1;
    internal const ulong VaeClips = 0xC0DEC + 2;
    internal const ulong VaeNoise = 0xC0DEC + 3;
}
