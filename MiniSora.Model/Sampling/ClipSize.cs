using MiniSora.Model.Autoencoders;

namespace MiniSora.Model.Sampling;

/// <summary>Frames, height and width of a clip, in pixels.</summary>
public sealed record ClipSize(int Frames, int Height, int Width)
{
    /// <summary>Latent frames, channels and edge in cells of such a clip; the edge is the shorter side's.</summary>
    internal (int Frames, int Channels, int Size) Latents(IVideoCodec codec) =>
        (LatentFrames(codec), codec.LatentChannels, Math.Min(Height, Width) / codec.Downsample);

    /// <summary>[1, F, c, h, w] of such a clip, with <paramref name="frames"/> latent frames instead if given.</summary>
    internal long[] LatentShape(IVideoCodec codec, int? frames = null) =>
        [1, frames ?? LatentFrames(codec), codec.LatentChannels, Height / codec.Downsample, Width / codec.Downsample];

    /// <summary>F.</summary>
    internal int LatentFrames(IVideoCodec codec) => Math.Max(1, Frames / codec.FramesPerLatent);

    /// <summary>Frames×height×width.</summary>
    public override string ToString() => $"{Frames}×{Height}×{Width}";
}
