namespace MiniSora.Model.Evaluation;

/// <summary>Clips of any proportions for readers that know squares.</summary>
internal static class FramePadding
{
    /// <summary>uint8 [T, H, W, 3] to [T, S, S, 3] with S the longer side: the clip in the middle, around it the median colour of its edges.</summary>
    public static byte[] ToSquare(byte[] frames, int T, int H, int W)
    {
        var side = Math.Max(H, W);
        var (top, left) = ((side - H) / 2, (side - W) / 2);
        var background = Background(frames, T, H, W);
        var square = new byte[T * side * side * 3];
        for (var i = 0; i < square.Length; i++)
            square[i] = background[i % 3];
        for (var t = 0; t < T; t++)
            for (var y = 0; y < H; y++)
                frames.AsSpan((t * H + y) * W * 3, W * 3).CopyTo(square.AsSpan(((t * side + top + y) * side + left) * 3));
        return square;
    }

    private static byte[] Background(byte[] frames, int T, int H, int W)
    {
        var edge = new List<int>();
        for (var t = 0; t < T; t++)
            for (var y = 0; y < H; y++)
                for (var x = 0; x < W; x += y == 0 || y == H - 1 || x == W - 1 ? 1 : W - 1)
                    edge.Add(((t * H + y) * W + x) * 3);
        return [.. Enumerable.Range(0, 3).Select(colour => edge.Select(at => frames[at + colour]).Order().ElementAt(edge.Count / 2))];
    }
}
