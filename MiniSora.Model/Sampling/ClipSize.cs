using MiniSora.Model.Autoencoders;

namespace MiniSora.Model.Sampling;

/// <summary>Frames, height and width of the clips a model was trained on.</summary>
internal sealed record ClipSize(int Frames, int Height, int Width)
{
    /// <summary>Latent frames, channels and edge in cells of such a clip, which is square.</summary>
    public (int Frames, int Channels, int Size) Latents(IVideoCodec codec) => (Math.Max(1, Frames / codec.FramesPerLatent), codec.LatentChannels, Height / codec.Downsample);
}
