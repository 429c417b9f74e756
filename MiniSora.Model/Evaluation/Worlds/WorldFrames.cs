using MiniSora.Model.Datasets;

namespace MiniSora.Model.Evaluation.Worlds;

/// <summary>A clip as the checks of the toy worlds look at it: by how colourful a pixel is, since walls, floors and brushes are grey.</summary>
/// <param name="pixels">uint8 [T, H, W, 3].</param>
/// <param name="frames">T.</param>
/// <param name="height">H.</param>
/// <param name="width">W.</param>
internal sealed class WorldFrames(byte[] pixels, int frames, int height, int width)
{
    private const int StrongPixels = 12;

    /// <summary>T.</summary>
    public int Frames => frames;

    /// <summary>H.</summary>
    public int Height => height;

    /// <summary>W.</summary>
    public int Width => width;

    /// <summary>Pixels per 4,096 canvas units.</summary>
    public int Unit => Math.Min(height, width);

    /// <summary>Red, green and blue of a pixel.</summary>
    public (int R, int G, int B) Rgb(int frame, int y, int x)
    {
        var at = ((frame * height + y) * width + x) * 3;
        return (pixels[at], pixels[at + 1], pixels[at + 2]);
    }

    /// <summary>Largest less smallest of the three colours, 0 to 255.</summary>
    public int Chroma(int frame, int y, int x)
    {
        var (r, g, b) = Rgb(frame, y, x);
        return Math.Max(r, Math.Max(g, b)) - Math.Min(r, Math.Min(g, b));
    }

    /// <summary>Where something colourful is, as weights 0 to 1 on a square that holds the frame; chroma of <paramref name="full"/> counts as 1.</summary>
    public ShapeBlob Blob(int frame, double full)
    {
        var side = Math.Max(height, width);
        var weights = new float[side * side];
        double area = 0, sumX = 0, sumY = 0;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var chroma = Chroma(frame, y, x);
                if (chroma <= full / 4)
                    continue;
                var weight = Math.Min(1, chroma / full);
                weights[y * side + x] = (float)weight;
                area += weight;
                sumX += weight * (x + 0.5);
                sumY += weight * (y + 0.5);
            }
        }

        return new ShapeBlob(weights, area, area > 0 ? sumX / area : 0, area > 0 ? sumY / area : 0);
    }

    /// <summary>The twelfth strongest chroma of a frame.</summary>
    public int Strength(int frame) => Strongest([frame]).Last().Chroma;

    /// <summary>The colour of the strongest pixels of some frames, if it is one of ours.</summary>
    public ShapeColour? Colour(IReadOnlyList<int> of)
    {
        if (of.Count == 0)
            return null;
        var strongest = Strongest(of);
        int Median(Func<(int Chroma, int R, int G, int B), int> value) => strongest.Select(value).Order().ElementAt(strongest.Count / 2);
        return AttributeReader.Nearest((Median(pixel => pixel.R), Median(pixel => pixel.G), Median(pixel => pixel.B)));
    }

    private List<(int Chroma, int R, int G, int B)> Strongest(IReadOnlyList<int> of) =>
    [
        .. of.SelectMany(frame => Enumerable.Range(0, height * width)
            .Select(i => (Chroma: Chroma(frame, i / width, i % width), At: i))
            .OrderByDescending(pixel => pixel.Chroma)
            .Take(StrongPixels)
            .Select(pixel => (pixel.Chroma, Rgb(frame, pixel.At / width, pixel.At % width).R, Rgb(frame, pixel.At / width, pixel.At % width).G, Rgb(frame, pixel.At / width, pixel.At % width).B))),
    ];
}
