namespace MiniSora.Model.Evaluation;

/// <summary>One frame's object: weight per pixel, 0 to 1, and its first moments in pixels.</summary>
/// <param name="Weights">[S, S].</param>
/// <param name="Area">Sum of the weights.</param>
/// <param name="X">Centre, pixels from the left edge; pixel 0 spans 0 to 1.</param>
/// <param name="Y">Centre, pixels from the top edge.</param>
internal sealed record ShapeBlob(float[] Weights, double Area, double X, double Y)
{
    /// <summary>Radius of the circle of this area, in pixels.</summary>
    internal double Radius => Math.Sqrt(Area / Math.PI);
}

/// <summary>Separates the one object of a clip from its background (steps 1 and 2 of the specification's reading).</summary>
internal sealed class ShapeTrack
{
    private const double FaintestPeak = 60;
    private const int StrongPixels = 12;

    private ShapeTrack(ShapeBlob?[] blobs, double compact, (double R, double G, double B)? colour) =>
        (Blobs, Compact, Colour) = (blobs, compact, colour);

    /// <summary>One per frame; null where the object is hidden.</summary>
    internal ShapeBlob?[] Blobs { get; }

    /// <summary>Mean share of the weight within 1.7 radii and a pixel of the centre.</summary>
    internal double Compact { get; }

    /// <summary>Median of the strongest pixels of all visible frames, or null where there are none.</summary>
    internal (double R, double G, double B)? Colour { get; }

    /// <summary>The object's track, or null where no frame has anything that stands out. <paramref name="unit"/>: pixels per canvas side.</summary>
    internal static ShapeTrack? Of(byte[] frames, int T, int S, int unit)
    {
        var background = BorderMedian(frames, T, S);
        var differences = new byte[T][];
        for (var t = 0; t < T; t++)
            differences[t] = Difference(frames.AsSpan(t * S * S * 3, S * S * 3), background);

        if (Amplitude(differences, S) is not { } amplitude)
            return null;

        var leastArea = 0.5 * Math.PI * Math.Pow(0.35 * 384 * unit / 4096, 2);
        var blobs = differences.Select(difference => Blob(difference, amplitude, S, leastArea)).ToArray();
        var visible = blobs.OfType<ShapeBlob>().ToList();
        return visible.Count == 0
            ? null
            : new ShapeTrack(blobs, visible.Average(blob => Compactness(blob, S)), StrongColour(frames, differences, blobs, amplitude, S));
    }

    private static (int R, int G, int B) BorderMedian(byte[] frames, int T, int S)
    {
        Span<int> histogram = stackalloc int[3 * 256];
        var count = 0;
        for (var t = 0; t < T; t++)
            for (var y = 0; y < S; y++)
                for (var x = 0; x < S; x += y == 0 || y == S - 1 || x == S - 1 ? 1 : S - 1)
                {
                    var offset = ((t * S + y) * S + x) * 3;
                    for (var c = 0; c < 3; c++)
                        histogram[c * 256 + frames[offset + c]]++;
                    count++;
                }

        return (Median(histogram[..256], count), Median(histogram[256..512], count), Median(histogram[512..], count));
    }

    private static int Median(ReadOnlySpan<int> histogram, int count)
    {
        var below = 0;
        for (var value = 0; value < 256; value++)
        {
            below += histogram[value];
            if (2 * below > count)
                return value;
        }

        return 255;
    }

    private static byte[] Difference(ReadOnlySpan<byte> frame, (int R, int G, int B) background)
    {
        var difference = new byte[frame.Length / 3];
        for (var i = 0; i < difference.Length; i++)
        {
            var red = Math.Abs(frame[3 * i] - background.R);
            var green = Math.Abs(frame[3 * i + 1] - background.G);
            var blue = Math.Abs(frame[3 * i + 2] - background.B);
            difference[i] = (byte)Math.Max(red, Math.Max(green, blue));
        }

        return difference;
    }

    /// <summary>Typical strength of the object: median over frames of the (1 − 12/S²) quantile.</summary>
    private static double? Amplitude(byte[][] differences, int S)
    {
        var position = (1 - (double)StrongPixels / (S * S)) * (S * S - 1);
        var strengths = new List<double>();
        foreach (var difference in differences)
        {
            var sorted = (byte[])difference.Clone();
            Array.Sort(sorted);
            if (sorted[^1] <= FaintestPeak)
                continue;
            var below = (int)position;
            var above = Math.Min(below + 1, sorted.Length - 1);
            strengths.Add(sorted[below] + (position - below) * (sorted[above] - sorted[below]));
        }

        if (strengths.Count == 0)
            return null;
        var amplitude = Median(strengths);
        return amplitude > 0 ? amplitude : null;
    }

    private static ShapeBlob? Blob(byte[] difference, double amplitude, int S, double leastArea)
    {
        var weights = new float[S * S];
        double area = 0, sumX = 0, sumY = 0;
        for (var y = 0; y < S; y++)
            for (var x = 0; x < S; x++)
            {
                var d = difference[y * S + x];
                if (d <= amplitude / 4)
                    continue;
                var weight = Math.Min(1, d / amplitude);
                weights[y * S + x] = (float)weight;
                area += weight;
                sumX += weight * (x + 0.5);
                sumY += weight * (y + 0.5);
            }

        return area > leastArea ? new ShapeBlob(weights, area, sumX / area, sumY / area) : null;
    }

    private static double Compactness(ShapeBlob blob, int S)
    {
        var reach = 1.7 * blob.Radius + 1;
        double inside = 0;
        for (var y = 0; y < S; y++)
            for (var x = 0; x < S; x++)
            {
                var (dx, dy) = (x + 0.5 - blob.X, y + 0.5 - blob.Y);
                if (dx * dx + dy * dy <= reach * reach)
                    inside += blob.Weights[y * S + x];
            }

        return inside / blob.Area;
    }

    private static (double R, double G, double B)? StrongColour(
        byte[] frames, byte[][] differences, ShapeBlob?[] blobs, double amplitude, int S)
    {
        var (red, green, blue) = (new List<double>(), new List<double>(), new List<double>());
        for (var t = 0; t < blobs.Length; t++)
        {
            if (blobs[t] is null)
                continue;
            var difference = differences[t];
            var strongest = Enumerable.Range(0, S * S)
                .Where(i => difference[i] > amplitude / 2)
                .OrderByDescending(i => difference[i])
                .Take(StrongPixels);
            foreach (var i in strongest)
            {
                var offset = (t * S * S + i) * 3;
                red.Add(frames[offset]);
                green.Add(frames[offset + 1]);
                blue.Add(frames[offset + 2]);
            }
        }

        return red.Count == 0 ? null : (Median(red), Median(green), Median(blue));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        var middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
