namespace MiniSora.Model.Evaluation;

/// <summary>
/// How well a clip frames what it shows: pixels that differ from the background by a quarter of the range in some channel count as the
/// object; where more than a twentieth of them lie on the outermost ring, the edge cuts it. To be compared with real clips.
/// </summary>
public static class ClipFraming
{
    private const int LeastDifference = 64;
    private const double MostOnEdge = 0.05;

    /// <summary>Share of frames, 0 to 1, whose object is cut by the edge; frames without an object do not count. 0 when there are none.</summary>
    /// <param name="frames">uint8 [T, H, W, 3].</param>
    /// <param name="T">Frames.</param>
    /// <param name="H">Height.</param>
    /// <param name="W">Width.</param>
    public static double Cut(byte[] frames, int T, int H, int W)
    {
        if (frames.Length != T * H * W * 3) throw new ArgumentException($"{T} frames of {H} × {W} are {T * H * W * 3} bytes, were {frames.Length}", nameof(frames));
        var background = Background(frames, T, H, W);
        var (counted, cut) = (0, 0);
        for (var t = 0; t < T; t++)
        {
            var (all, edge) = (0, 0);
            for (var y = 0; y < H; y++)
                for (var x = 0; x < W; x++)
                {
                    var at = ((t * H + y) * W + x) * 3;
                    var difference = 0;
                    for (var c = 0; c < 3; c++) difference = Math.Max(difference, Math.Abs(frames[at + c] - background[c]));
                    if (difference <= LeastDifference) continue;
                    all++;
                    if (y == 0 || x == 0 || y == H - 1 || x == W - 1) edge++;
                }

            if (all == 0) continue;
            counted++;
            if (edge > MostOnEdge * all) cut++;
        }

        return counted == 0 ? 0 : (double)cut / counted;
    }

    /// <summary>Median of each channel over the outermost rings of all frames.</summary>
    private static int[] Background(byte[] frames, int T, int H, int W)
    {
        var histogram = new int[3, 256];
        var pixels = 0;
        for (var t = 0; t < T; t++)
            for (var y = 0; y < H; y++)
                for (var x = 0; x < W; x++)
                {
                    if (y > 0 && x > 0 && y < H - 1 && x < W - 1) continue;
                    pixels++;
                    var at = ((t * H + y) * W + x) * 3;
                    for (var c = 0; c < 3; c++) histogram[c, frames[at + c]]++;
                }

        return [.. Enumerable.Range(0, 3).Select(c =>
        {
            var (value, below) = (0, histogram[c, 0]);
            while (below * 2 < pixels) below += histogram[c, ++value];
            return value;
        })];
    }
}
