using TorchSharp;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// Pixels to latents and back. Clips are [B, T, C, H, W] in [−1, 1]; latents [B, F, c, h, w] with unit variance per channel.
/// A latent frame covers <see cref="FramesPerLatent"/> frames; an image (T = 1) is encoded as that many equal frames
/// and becomes one latent frame.
/// </summary>
public interface IVideoCodec : IDisposable
{
    /// <summary>Frames in one latent frame (2 in the shipped recipes).</summary>
    int FramesPerLatent { get; }

    /// <summary>Pixels per latent cell along height and width.</summary>
    int Downsample { get; }

    /// <summary>Latent channels, c.</summary>
    int LatentChannels { get; }

    /// <summary>[B, T, 3, H, W] in [−1, 1] to [B, F, c, h, w]; T = 1 or a multiple of <see cref="FramesPerLatent"/>. The caller owns the result.</summary>
    torch.Tensor Encode(torch.Tensor clips);

    /// <summary>[B, F, c, h, w] to [B, T, 3, H, W], not clamped. The caller owns the result.</summary>
    torch.Tensor Decode(torch.Tensor latents);

    /// <summary>
    /// As <see cref="Decode(torch.Tensor)"/>, a part at a time. A codec that needs little memory anyway, as the linear one, may do it at once.
    /// </summary>
    torch.Tensor Decode(torch.Tensor latents, DecodingPlan plan) => Decode(latents);

    /// <summary>Everything a checkpoint must keep, by key (without prefix).</summary>
    IReadOnlyDictionary<string, torch.Tensor> StateDict();
}
