namespace MiniSora.Model.Evaluation;

/// <summary>
/// A small picture of a clip, four frames of 8 × 8 in three channels, for distances between clips without any network: blind to details,
/// which a repeated training clip need not have in common.
/// </summary>
public static class ClipThumbnail
{
    private const int Frames = 4, Side = 8;

    /// <summary>Numbers in a thumbnail.</summary>
    public const int Length = Frames * Side * Side * 3;

    /// <summary>Mean values of 0 to 1 over blocks of time and space.</summary>
    /// <param name="frames">uint8 [T, H, W, 3].</param>
    /// <param name="T">Frames, at least 1.</param>
    /// <param name="H">Height, at least 8.</param>
    /// <param name="W">Width, at least 8.</param>
    public static float[] Of(byte[] frames, int T, int H, int W)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(H, Side);
        ArgumentOutOfRangeException.ThrowIfLessThan(W, Side);
        var (sums, counts) = (new float[Length], new float[Length]);
        for (var t = 0; t < T; t++)
            for (var y = 0; y < H; y++)
                for (var x = 0; x < W; x++)
                {
                    var cell = ((t * Frames / T * Side + y * Side / H) * Side + x * Side / W) * 3;
                    var at = ((t * H + y) * W + x) * 3;
                    for (var c = 0; c < 3; c++)
                    {
                        sums[cell + c] += frames[at + c];
                        counts[cell + c]++;
                    }
                }

        for (var i = 0; i < Length; i++) sums[i] = counts[i] == 0 ? 0 : sums[i] / counts[i] / 255;
        return sums;
    }

    /// <summary>Root of the mean squared difference, 0 to 1.</summary>
    public static double Distance(float[] a, float[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return Math.Sqrt(sum / a.Length);
    }

    /// <summary>The nearest of <paramref name="among"/>: its place and distance.</summary>
    public static (int Index, double Distance) Nearest(float[] of, IReadOnlyList<float[]> among)
    {
        var best = (Index: -1, Distance: double.PositiveInfinity);
        for (var i = 0; i < among.Count; i++)
        {
            var distance = Distance(of, among[i]);
            if (distance < best.Distance) best = (i, distance);
        }

        return best;
    }

    /// <summary>Mean distance over neighbouring pairs of a list, which is as good as all pairs for a list in random order.</summary>
    public static double MeanDistance(IReadOnlyList<float[]> clips) =>
        clips.Count < 2 ? 0 : Enumerable.Range(0, clips.Count).Average(i => Distance(clips[i], clips[(i + 1) % clips.Count]));
}
