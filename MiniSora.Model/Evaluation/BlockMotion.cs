namespace MiniSora.Model.Evaluation;

/// <summary>
/// Motion of 8 × 8 blocks by exhaustive search of ± 4 pixels for the least sum of absolute differences of luma. Only blocks with a
/// variance above 25 count: flat ones match anywhere. Of equal matches the nearest is taken.
/// </summary>
public static class BlockMotion
{
    private const int Block = 8, Reach = 4;
    private const double LeastVariance = 25;

    private static readonly (int X, int Y)[] Nearest =
        [.. Enumerable.Range(-Reach, 2 * Reach + 1).SelectMany(y => Enumerable.Range(-Reach, 2 * Reach + 1).Select(x => (X: x, Y: y))).OrderBy(v => v.X * v.X + v.Y * v.Y).ThenBy(v => v.Y).ThenBy(v => v.X)];

    /// <summary>Velocities in pixels a frame of all blocks that count, of each frame but the last in turn.</summary>
    /// <param name="frames">uint8 [T, H, W, 3].</param>
    /// <param name="T">Frames, at least 2.</param>
    /// <param name="H">Height, at least 8.</param>
    /// <param name="W">Width, at least 8.</param>
    public static IReadOnlyList<(int X, int Y)> Velocities(byte[] frames, int T, int H, int W)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(T, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(H, Block);
        ArgumentOutOfRangeException.ThrowIfLessThan(W, Block);
        if (frames.Length != T * H * W * 3) throw new ArgumentException($"{T} frames of {H} × {W} are {T * H * W * 3} bytes, were {frames.Length}", nameof(frames));
        var luma = ClipLuma.Of(frames);
        var velocities = new List<(int, int)>();
        for (var t = 0; t + 1 < T; t++)
            for (var y = 0; y + Block <= H; y += Block)
                for (var x = 0; x + Block <= W; x += Block)
                {
                    if (Variance(luma, t * H * W, W, x, y) > LeastVariance) velocities.Add(Match(luma, t, H, W, x, y));
                }

        return velocities;
    }

    /// <summary>Median speed in pixels a frame (dynamic degree), or null when no block counts.</summary>
    public static double? MedianSpeed(byte[] frames, int T, int H, int W)
    {
        var speeds = Velocities(frames, T, H, W).Select(v => Math.Sqrt(v.X * v.X + v.Y * v.Y)).Order().ToList();
        return speeds.Count == 0 ? null : Bootstrap.Quantile(speeds, 0.5);
    }

    /// <summary>
    /// Mean length of the change of a block's velocity from one frame to the next, pixels a frame (0: even motion), over blocks that count
    /// at both times; null when none does.
    /// </summary>
    public static double? Roughness(byte[] frames, int T, int H, int W)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(T, 3);
        var luma = ClipLuma.Of(frames);
        var (sum, count) = (0.0, 0);
        for (var y = 0; y + Block <= H; y += Block)
            for (var x = 0; x + Block <= W; x += Block)
            {
                (int X, int Y)? before = null;
                for (var t = 0; t + 1 < T; t++)
                {
                    (int X, int Y)? now = Variance(luma, t * H * W, W, x, y) > LeastVariance ? Match(luma, t, H, W, x, y) : null;
                    if (before is { } a && now is { } b)
                    {
                        sum += Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));
                        count++;
                    }

                    before = now;
                }
            }

        return count == 0 ? null : sum / count;
    }

    private static double Variance(double[] luma, int frame, int W, int x, int y)
    {
        double sum = 0, squares = 0;
        for (var j = 0; j < Block; j++)
            for (var i = 0; i < Block; i++)
            {
                var value = luma[frame + (y + j) * W + x + i];
                sum += value;
                squares += value * value;
            }

        const double Pixels = Block * Block;
        return squares / Pixels - sum / Pixels * (sum / Pixels);
    }

    private static (int X, int Y) Match(double[] luma, int t, int H, int W, int x, int y)
    {
        var (best, least) = ((0, 0), double.PositiveInfinity);
        foreach (var v in Nearest)
        {
            if (x + v.X < 0 || y + v.Y < 0 || x + v.X + Block > W || y + v.Y + Block > H) continue;
            double sum = 0;
            for (var j = 0; j < Block && sum < least; j++)
            {
                var (from, to) = (t * H * W + (y + j) * W + x, (t + 1) * H * W + (y + v.Y + j) * W + x + v.X);
                for (var i = 0; i < Block; i++) sum += Math.Abs(luma[from + i] - luma[to + i]);
            }

            if (sum < least) (best, least) = (v, sum);
        }

        return best;
    }
}
