using MiniSora.Model.Datasets;

namespace MiniSora.Model.Evaluation;

/// <summary>Recognises an outline by its overlap with the six ideal ones (step 4 of the specification's reading).</summary>
internal static class ShapeTemplates
{
    private const double LeastOverlap = 0.6;

    /// <summary>The shape whose template overlaps best on average over the visible frames, or null where none does well.</summary>
    internal static ShapeKind? Recognise(IEnumerable<ShapeBlob> blobs, int S)
    {
        var kinds = Enum.GetValues<ShapeKind>();
        var totals = new double[kinds.Length];
        var count = 0;
        foreach (var blob in blobs)
        {
            count++;
            foreach (var kind in kinds)
                totals[(int)kind] += Overlap(blob, kind, S);
        }

        var best = Array.IndexOf(totals, totals.Max());
        return count > 0 && totals[best] / count > LeastOverlap ? (ShapeKind)best : null;
    }

    /// <summary>Soft intersection over union with the template as it is and once blurred, the better of the two.</summary>
    private static double Overlap(ShapeBlob blob, ShapeKind kind, int S)
    {
        var toCanvas = (double)ShapeTrajectory.Canvas / S;
        var radius = (long)Math.Round(blob.Radius * toCanvas);
        var (centreX, centreY) = ((long)Math.Round(blob.X * toCanvas), (long)Math.Round(blob.Y * toCanvas));
        var outline = new ShapeOutline(kind, radius);

        // One pixel of margin on each side holds what the blur spreads.
        var left = Pixel(centreX - outline.Reach) - 1;
        var top = Pixel(centreY - outline.Reach) - 1;
        var width = Pixel(centreX + outline.Reach) + 2 - left;
        var height = Pixel(centreY + outline.Reach) + 2 - top;
        var sharp = new float[width * height];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                sharp[y * width + x] = Coverage(outline, (left + x) * toCanvas - centreX, (top + y) * toCanvas - centreY, toCanvas);

        return Math.Max(
            Intersection(blob, sharp, left, top, width, height, S),
            Intersection(blob, Blurred(sharp, width, height), left, top, width, height, S));

        int Pixel(long canvas) => (int)Math.Floor(canvas / toCanvas);
    }

    private static float Coverage(ShapeOutline outline, double x, double y, double pixel)
    {
        var inside = 0;
        for (var j = 0; j < 4; j++)
            for (var i = 0; i < 4; i++)
                inside += outline.Contains((long)(x + (2 * i + 1) * pixel / 8), (long)(y + (2 * j + 1) * pixel / 8)) ? 1 : 0;
        return inside / 16f;
    }

    private static float[] Blurred(float[] image, int width, int height)
    {
        var across = new float[image.Length];
        var both = new float[image.Length];
        for (var y = 0; y < height; y++)
            for (var x = 1; x < width - 1; x++)
                across[y * width + x] = (image[y * width + x - 1] + 2 * image[y * width + x] + image[y * width + x + 1]) / 4;
        for (var y = 1; y < height - 1; y++)
            for (var x = 0; x < width; x++)
                both[y * width + x] = (across[(y - 1) * width + x] + 2 * across[y * width + x] + across[(y + 1) * width + x]) / 4;
        return both;
    }

    private static double Intersection(ShapeBlob blob, float[] template, int left, int top, int width, int height, int S)
    {
        double shared = 0, area = 0;
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var value = template[y * width + x];
                var (column, row) = (left + x, top + y);
                if (column < 0 || row < 0 || column >= S || row >= S)
                    continue;
                area += value;
                shared += Math.Min(value, blob.Weights[row * S + column]);
            }

        // The sum of the larger values is both areas without what they share.
        return shared / (blob.Area + area - shared);
    }
}
