using MiniSora.Model.Datasets.Worlds;

namespace MiniSora.Model.Evaluation.Worlds;

/// <summary>How fast the layers of a parallax clip pass by (models.md §3, row 14), in the first and in the second half.</summary>
/// <param name="First">Pixels a frame to the right, far to near; null where a layer shows nothing.</param>
/// <param name="Second">Of the second half.</param>
public sealed record LayerMotion(IReadOnlyList<double>? First, IReadOnlyList<double>? Second)
{
    private const double LargestError = 0.1;
    private const double SlowestNear = 0.2;

    /// <summary>
    /// Largest difference, over halves and layers, between a layer's share of the near layer's speed and the share that its depth gives it: 0 for a perfect world. 1
    /// where nothing moves or is seen.
    /// </summary>
    public double RatioError
    {
        get
        {
            if (First is null || Second is null || Math.Abs(First[^1]) < SlowestNear || Math.Abs(Second[^1]) < SlowestNear)
                return 1;
            return Math.Min(1, new[] { First, Second }.Max(half => Enumerable.Range(0, half.Count).Max(layer => Math.Abs(half[layer] / half[^1] - Parallax.Layers[layer].Speed))));
        }
    }

    /// <summary>Reads a clip, uint8 [T, H, W, 3], of at least 8 frames.</summary>
    public static LayerMotion Read(byte[] pixels, int frames, int height, int width)
    {
        var clip = new WorldFrames(pixels, frames, height, width);
        var profiles = new double[Parallax.Layers.Length][][];
        for (var layer = 0; layer < profiles.Length; layer++)
        {
            var (top, bottom) = ((int)Math.Round(Parallax.Borders[layer] * height), (int)Math.Round(Parallax.Borders[layer + 1] * height));
            profiles[layer] =
            [
                .. Enumerable.Range(0, frames).Select(t => Enumerable.Range(0, width).Select(x => (double)Enumerable.Range(top, bottom - top).Sum(y => clip.Chroma(t, y, x))).ToArray()),
            ];
        }

        var half = frames / 2;
        return new(Speeds(profiles, 0, half, clip.Unit), Speeds(profiles, frames - half, half, clip.Unit));
    }

    internal WorldVerdict Judge(ParallaxScene scene)
    {
        var passes = First is null ? 0 : First[^1];
        var direction = Math.Abs(passes) >= SlowestNear && passes < 0 == scene.Right;
        return new(
            RatioError <= LargestError && direction,
            new Dictionary<string, double> { ["consistent"] = WorldVerdict.Share(RatioError <= LargestError), ["direction"] = WorldVerdict.Share(direction), ["ratio_error"] = RatioError });
    }

    private static double[]? Speeds(double[][][] profiles, int from, int count, int unit)
    {
        var speeds = profiles.Select(layer => Speed(layer.AsSpan(from, count).ToArray(), unit)).ToList();
        return speeds.Contains(null) ? null : [.. speeds.Select(speed => speed!.Value)];
    }

    /// <summary>The shift a frame that makes profiles match best: over short intervals first, which have no double meaning, then over long ones, which are exact.</summary>
    private static double? Speed(double[][] profiles, int unit)
    {
        if (profiles.Max(profile => profile.Max()) < 60)
            return null;
        var (centre, reach) = (0.0, 0.08 * unit);
        for (var lag = 1; ; lag = Math.Min(2 * lag, profiles.Length - 1))
        {
            const int Steps = 40;
            var at = centre;
            centre = Enumerable.Range(-Steps, 2 * Steps + 1).Select(i => at + reach * i / Steps).MinBy(speed => Mismatch(profiles, speed, lag) + 1e-9 * Math.Abs(speed));
            if (lag == profiles.Length - 1)
                return centre;
            // Longer by a factor, so finer by one: half a pixel of doubt over this interval remains.
            reach = Math.Min(reach, 0.75 / lag);
        }
    }

    /// <summary>Mean squared difference of profiles <paramref name="lag"/> frames apart where they overlap after the shift.</summary>
    private static double Mismatch(double[][] profiles, double speed, int lag)
    {
        var (sum, count) = (0.0, 0);
        for (var t = 0; t + lag < profiles.Length; t++)
        {
            var (now, later) = (profiles[t], profiles[t + lag]);
            for (var x = 0; x < now.Length; x++)
            {
                var place = x + speed * lag;
                var left = (int)Math.Floor(place);
                if (left < 0 || left + 1 >= now.Length)
                    continue;
                var value = later[left] + (place - left) * (later[left + 1] - later[left]);
                sum += (value - now[x]) * (value - now[x]);
                count++;
            }
        }

        return count < profiles[0].Length / 4 ? double.PositiveInfinity : sum / count;
    }
}
