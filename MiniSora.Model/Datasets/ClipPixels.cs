using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Datasets;

/// <summary>uint8 [T, H, W, 3] outside, float [B, T, 3, H, W] in [−1, 1] in torch.</summary>
internal static class ClipPixels
{
    private static readonly Scalar Half = HeldScalar.Of(127.5);

    /// <summary>Clips of equal size to float32 [B, T, 3, H, W] on the CPU; the caller owns it.</summary>
    public static Tensor ToTensor(IReadOnlyList<byte[]> clips, int frames, int height, int width)
    {
        var size = frames * height * width * 3;
        var all = new byte[clips.Count * size];
        for (var i = 0; i < clips.Count; i++)
        {
            if (clips[i].Length != size)
                throw new ArgumentException($"clip {i} has {clips[i].Length} bytes, expected {frames}×{height}×{width}×3 = {size}", nameof(clips));
            clips[i].CopyTo(all, i * size);
        }

        using var scope = NewDisposeScope();
        var bytes = tensor(all, [clips.Count, frames, height, width, 3]);
        return bytes.to_type(ScalarType.Float32).div_(Half).sub_(HeldScalar.One).permute(0, 1, 4, 2, 3).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>float [B, T, 3, H, W] to B arrays uint8 [T, H, W, 3]; values outside [−1, 1] are clamped, halves round to even.</summary>
    public static byte[][] ToBytes(Tensor clips)
    {
        using var scope = NewDisposeScope();
        var bytes = clips.clamp(HeldScalar.Of(-1), HeldScalar.One).PlusOne().mul_(Half).round_().to_type(ScalarType.Byte).permute(0, 1, 3, 4, 2).contiguous().cpu();
        return [.. Enumerable.Range(0, (int)clips.shape[0]).Select(i => bytes[i].data<byte>().ToArray())];
    }
}
