namespace MiniSora.Model.Evaluation;

/// <summary>
/// Whether what a clip shows lies wholly inside the picture (models.md §3, row 5): training on square crops of wide clips cuts subjects, and models
/// learn to.
/// </summary>
public static class FramingReader
{
    private const int Visible = 60;

    /// <summary>True when in no frame a pixel of the edge differs from the background, which is the median of all edges.</summary>
    /// <param name="pixels">uint8 [T, H, W, 3].</param>
    /// <param name="frames">T.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public static bool IsInside(byte[] pixels, int frames, int height, int width)
    {
        var edge = Edge(frames, height, width).ToList();
        var background = Enumerable.Range(0, 3).Select(colour => edge.Select(at => pixels[at + colour]).Order().ElementAt(edge.Count / 2)).ToArray();
        return edge.All(at => Enumerable.Range(0, 3).All(colour => Math.Abs(pixels[at + colour] - background[colour]) <= Visible));
    }

    private static IEnumerable<int> Edge(int frames, int height, int width)
    {
        for (var t = 0; t < frames; t++)
            for (var y = 0; y < height; y++)
                for (var x = 0; x < width; x += y == 0 || y == height - 1 || x == width - 1 ? 1 : width - 1)
                    yield return ((t * height + y) * width + x) * 3;
    }
}
