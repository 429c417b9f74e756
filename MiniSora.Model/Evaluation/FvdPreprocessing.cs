using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// What VideoGPT and common_metrics_on_video_quality do to a clip before I3D (<c>preprocess_single</c>): shorter side to the resolution by
/// bilinear interpolation, middle cut out, [0, 1] to [−1, 1]. StyleGAN-V's protocol does not use it: there the network itself
/// resizes and rescales (<see cref="FeatureProtocol.StyleGanV"/>), and the numbers of the two differ.
/// </summary>
public static class FvdPreprocessing
{
    /// <summary>[C, T, H, W] in [0, 1] to [C, T, resolution, resolution] in [−1, 1]; the caller owns it.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="resolution">Side of the result; 224 for I3D.</param>
    /// <param name="frames">Keep the first so many frames; null: all.</param>
    public static Tensor Prepare(Tensor clip, int resolution = 224, int? frames = null)
    {
        if (clip.dim() != 4) throw new ArgumentException($"a clip is [C, T, H, W], was [{string.Join(", ", clip.shape)}]", nameof(clip));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resolution);
        if (frames is { } wanted && (wanted < 1 || wanted > clip.shape[1])) throw new ArgumentException($"{wanted} frames of a clip of {clip.shape[1]}", nameof(frames));

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var x = frames is { } kept ? clip.narrow(1, 0, kept) : clip;
        var (h, w) = (x.shape[2], x.shape[3]);
        var scale = (double)resolution / Math.Min(h, w);
        long[] size = h < w ? [resolution, (long)Math.Ceiling(w * scale)] : [(long)Math.Ceiling(h * scale), resolution];
        x = nn.functional.interpolate(x, size, mode: InterpolationMode.Bilinear, align_corners: false);
        x = x.narrow(2, (size[0] - resolution) / 2, resolution).narrow(3, (size[1] - resolution) / 2, resolution);
        return x.add(HeldScalar.Of(-0.5), HeldScalar.One).mul(HeldScalar.Of(2)).contiguous().MoveToOuterDisposeScope();
    }
}
