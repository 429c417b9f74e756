using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>A feature network: clips or frames to rows of numbers whose distributions are compared.</summary>
public interface IClipFeatures : IDisposable
{
    /// <summary>SHA-256 of the network's file, lower-case hexadecimal.</summary>
    string Sha256 { get; }

    /// <summary>How clips are brought to the network; two protocols give numbers that cannot be compared.</summary>
    string Protocol { get; }

    /// <summary>Features of clips, float32 [B, D] on the CPU; the caller owns them.</summary>
    /// <param name="clips">uint8 [T, H, W, 3] each.</param>
    /// <param name="T">Frames.</param>
    /// <param name="H">Height.</param>
    /// <param name="W">Width.</param>
    Tensor OfClips(IReadOnlyList<byte[]> clips, int T, int H, int W);
}

/// <summary>The operator's TorchScript network as clip features: clips go in as float32 [B, 3, T, H, W] from 0 to 255.</summary>
public sealed class TorchScriptClipFeatures(TorchScriptFeatures network, string name) : IClipFeatures
{
    /// <summary>File name, in <c>features/</c> of the data folder, of the network for clips: the StyleGAN-V authors' I3D.</summary>
    public const string ClipsFile = "i3d_torchscript.pt";

    /// <summary>File name of the network for frames: NVIDIA's Inception of the FID.</summary>
    public const string FramesFile = "inception_torchscript.pt";

    private const int BatchSize = 8;

    /// <inheritdoc/>
    public string Sha256 => network.Sha256;

    /// <inheritdoc/>
    public string Protocol => name;

    /// <inheritdoc/>
    public Tensor OfClips(IReadOnlyList<byte[]> clips, int T, int H, int W)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        foreach (var some in clips.Chunk(BatchSize))
        {
            var bytes = tensor(some.SelectMany(clip => clip).ToArray(), [some.Length, T, H, W, 3]);
            // A network of frames is called with [B, 3, H, W].
            var input = (T == 1 ? bytes.squeeze(1).permute(0, 3, 1, 2) : bytes.permute(0, 4, 1, 2, 3)).to_type(ScalarType.Float32).contiguous();
            parts.Add(network.Features(input));
        }

        return cat(parts, 0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
