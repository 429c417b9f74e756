using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Datasets;

/// <summary>uint8 [T, H, W, 3] outside, float [B, T, 3, H, W] in [−1, 1] in torch.</summary>
internal static class ClipPixels
{
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
        return bytes.to_type(ScalarType.Float32).div_(127.5f).sub_(1f).permute(0, 1, 4, 2, 3).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>float [B, T, 3, H, W] to B arrays uint8 [T, H, W, 3]; values outside [−1, 1] are clamped, halves round to even.</summary>
    public static byte[][] ToBytes(Tensor clips)
    {
        using var scope = NewDisposeScope();
        var bytes = clips.clamp(-1, 1).add(1f).mul_(127.5f).round_().to_type(ScalarType.Byte).permute(0, 1, 3, 4, 2).contiguous().cpu();
        return [.. Enumerable.Range(0, (int)clips.shape[0]).Select(i => bytes[i].data<byte>().ToArray())];
    }
}
