using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Rotary positions over real-valued (t, y, x) coordinates (Su et al. 2021, split over three axes): a quarter of the
/// frequency pairs turn with time, the rest is shared by height and width (head width 32: 8/12/12 numbers). Scores depend on
/// coordinate differences only. Pair i joins dimensions i and i + d/2.
/// </summary>
internal static class Rope3D
{
    /// <summary>
    /// Shortest wavelength, in cells: a neighbour is a quarter turn away. A grid of latents has tens of cells where a text has thousands of
    /// tokens; with the shortest at 2π cells, as language models have it, attention could hardly tell one frame from the next.
    /// </summary>
    public const double ShortestWave = 4;

    /// <summary>Longest wavelength over the shortest, were there a pair for it.</summary>
    public const double Base = 32;

    /// <summary>Frequency pairs per axis (t, y, x) for a head of <paramref name="headWidth"/> numbers.</summary>
    public static (int T, int Y, int X) Pairs(int headWidth)
    {
        if (headWidth < 2 || headWidth % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(headWidth), headWidth, "width / heads must be even and at least 2");
        var pairs = headWidth / 2;
        var space = (pairs - pairs / 4) / 2;
        return (pairs - 2 * space, space, space);
    }

    /// <summary>
    /// Coordinates of a grid of patches: integers 0, 1, 2 … along each axis, times <paramref name="timeStride"/> along time.
    /// [F·h·w, 3] as (t, y, x), row-major.
    /// </summary>
    public static double[][] GridCoordinates(int frames, int height, int width, double timeStride = 1)
    {
        var result = new double[frames * height * width][];
        var i = 0;
        for (var f = 0; f < frames; f++)
            for (var y = 0; y < height; y++)
                for (var x = 0; x < width; x++)
                    result[i++] = [f * timeStride, y, x];
        return result;
    }

    /// <summary>
    /// Cosine and signed sine tables [N, d] in float32 on the CPU such that rotation is
    /// x · cos + swap(x) · sin, where swap exchanges the two halves of the last axis.
    /// </summary>
    public static (Tensor Cos, Tensor Sin) Tables(IReadOnlyList<double[]> coordinates, int headWidth)
    {
        var (t, y, x) = Pairs(headWidth);
        var half = headWidth / 2;
        var cosines = new float[coordinates.Count * headWidth];
        var sines = new float[coordinates.Count * headWidth];
        for (var n = 0; n < coordinates.Count; n++)
        {
            for (var pair = 0; pair < half; pair++)
            {
                var (axis, index, count) = pair < t ? (0, pair, t) : pair < t + y ? (1, pair - t, y) : (2, pair - t - y, x);
                var angle = coordinates[n][axis] * 2 * Math.PI / ShortestWave * Math.Pow(Base, -(double)index / count);
                var at = n * headWidth + pair;
                cosines[at] = cosines[at + half] = (float)Math.Cos(angle);
                sines[at] = -(float)Math.Sin(angle);
                sines[at + half] = (float)Math.Sin(angle);
            }
        }

        return (tensor(cosines, [coordinates.Count, headWidth]), tensor(sines, [coordinates.Count, headWidth]));
    }

    /// <summary>Exchanges the halves of the last axis.</summary>
    public static Tensor Swap(Tensor x) => x.roll(x.shape[^1] / 2, -1);
}
