using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>Frame by frame similarity of clips [B, T, C, H, W] with values in [0, 1], in float64.</summary>
public static class ClipSimilarity
{
    /// <summary>Peak signal-to-noise ratio of each frame, all channels together: [B][T]. Infinite for equal frames.</summary>
    public static double[][] PeakSignalToNoisePerFrame(Tensor a, Tensor b) =>
        PerFrame(a, b, static (x, y, _, _, _) => PeakSignalToNoise.Of(x, y, 1));

    /// <summary>As above with the cap of 100 (<see cref="PeakSignalToNoise.Capped"/>).</summary>
    public static double[][] CappedPeakSignalToNoisePerFrame(Tensor a, Tensor b) =>
        PerFrame(a, b, static (x, y, _, _, _) => PeakSignalToNoise.Capped(x, y));

    /// <summary>Structural similarity of each frame, mean over channels: [B][T].</summary>
    public static double[][] StructuralSimilarityPerFrame(Tensor a, Tensor b, SimilarityWindow window) => PerFrame(a, b, (x, y, C, H, W) =>
    {
        double sum = 0;
        for (var c = 0; c < C; c++) sum += StructuralSimilarity.Of(x.Slice(c * H * W, H * W), y.Slice(c * H * W, H * W), H, W, 1, window);
        return sum / C;
    });

    /// <summary>Mean and standard deviation (divided by B) over the clips at each time: [T] each.</summary>
    /// <param name="perFrame">[B][T].</param>
    public static (double[] Mean, double[] Deviation) OverClips(double[][] perFrame)
    {
        var mean = Enumerable.Range(0, perFrame[0].Length).Select(t => perFrame.Average(clip => clip[t])).ToArray();
        return (mean, [.. mean.Select((value, t) => Math.Sqrt(perFrame.Average(clip => (clip[t] - value) * (clip[t] - value))))]);
    }

    /// <summary>
    /// How well a codec gives back frames: peak signal-to-noise ratio over the whole clip, and structural similarity of luma
    /// (ITU-R BT.601), mean over frames. Frames of at most 32 pixels are compared with the window of 7 × 7.
    /// </summary>
    /// <param name="a">uint8 [T, H, W, 3].</param>
    /// <param name="b">uint8 [T, H, W, 3].</param>
    /// <param name="T">Frames.</param>
    /// <param name="H">Height.</param>
    /// <param name="W">Width.</param>
    public static (double PeakSignalToNoise, double StructuralSimilarity) Reconstruction(byte[] a, byte[] b, int T, int H, int W)
    {
        if (a.Length != T * H * W * 3 || b.Length != a.Length) throw new ArgumentException($"{T} frames of {H} × {W} are {T * H * W * 3} bytes, were {a.Length} and {b.Length}");
        var window = Math.Min(H, W) <= 32 ? SimilarityWindow.Gaussian7 : SimilarityWindow.Gaussian11;
        var (lumaA, lumaB) = (ClipLuma.Of(a), ClipLuma.Of(b));
        var similarity = Enumerable.Range(0, T).Average(t => StructuralSimilarity.Of(lumaA.AsSpan(t * H * W, H * W), lumaB.AsSpan(t * H * W, H * W), H, W, 255, window));
        return (PeakSignalToNoise.Of(Array.ConvertAll(a, static value => (double)value), Array.ConvertAll(b, static value => (double)value), 255), similarity);
    }

    private delegate double FrameScore(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int C, int H, int W);

    private static double[][] PerFrame(Tensor a, Tensor b, FrameScore score)
    {
        if (a.dim() != 5 || !a.shape.SequenceEqual(b.shape)) throw new ArgumentException($"clips are [B, T, C, H, W], were [{string.Join(", ", a.shape)}] and [{string.Join(", ", b.shape)}]");
        using var scope = NewDisposeScope();
        var (x, y) = (FeatureMatrix.Double(a).contiguous().data<double>().ToArray(), FeatureMatrix.Double(b).contiguous().data<double>().ToArray());
        var (B, T, C, H, W) = ((int)a.shape[0], (int)a.shape[1], (int)a.shape[2], (int)a.shape[3], (int)a.shape[4]);
        var frame = C * H * W;
        return [.. Enumerable.Range(0, B).Select(i => Enumerable.Range(0, T).Select(t => score(x.AsSpan((i * T + t) * frame, frame), y.AsSpan((i * T + t) * frame, frame), C, H, W)).ToArray())];
    }
}
