using MiniSora.Model.Datasets;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// Tells the ten motions apart (step 6 of the specification's reading). Positions are in canvas sides, time runs from
/// 0 to 1; the first rule that holds wins.
/// </summary>
internal static class ShapeMotionReader
{
    internal static ShapeMotion? Recognise(ShapeBlob?[] blobs, int S)
    {
        var T = blobs.Length;
        var points = blobs
            .Select((blob, t) => (blob, Time: (double)t / (T - 1)))
            .Where(pair => pair.blob is not null)
            .Select(pair => new Point(pair.Time, pair.blob!.X / S, pair.blob.Y / S, pair.blob.Radius / S))
            .ToArray();
        var hidden = T - points.Length;
        var extent = Math.Max(Spread(points, point => point.X), Spread(points, point => point.Y));

        if (hidden >= Math.Max(2, T / 5) && Changes(blobs) >= 2 && extent < 0.10)
            return ShapeMotion.Blink;
        if (hidden > T / 8 || points.Length < 2)
            return null;

        var growth = Slope(points) / points.Average(point => point.Radius);
        if (Math.Abs(growth) > 0.45 && extent < 0.12)
            return growth > 0 ? ShapeMotion.Grow : ShapeMotion.Shrink;
        if (extent < 0.06 && Math.Abs(growth) < 0.25)
            return ShapeMotion.Still;

        var residual = LineResidual(points);
        var (turn, nearest) = Turn(points);
        if (Math.Abs(turn) > 1.2 * Math.PI && nearest > 0.06 && residual > 0.05)
            return turn > 0 ? ShapeMotion.Clockwise : ShapeMotion.Counterclockwise;
        return residual < 0.05 ? Direction(points[^1].X - points[0].X, points[^1].Y - points[0].Y) : null;
    }

    private static int Changes(ShapeBlob?[] blobs) =>
        blobs.Zip(blobs.Skip(1)).Count(pair => pair.First is null != pair.Second is null);

    private static double Spread(Point[] points, Func<Point, double> value) =>
        points.Length == 0 ? 0 : points.Max(value) - points.Min(value);

    /// <summary>Least-squares slope of the radius over time.</summary>
    private static double Slope(Point[] points)
    {
        var (time, radius) = (points.Average(point => point.Time), points.Average(point => point.Radius));
        return points.Sum(point => (point.Time - time) * (point.Radius - radius))
            / points.Sum(point => (point.Time - time) * (point.Time - time));
    }

    /// <summary>Root mean square distance from the best straight line.</summary>
    private static double LineResidual(Point[] points)
    {
        var (x, y) = (points.Average(point => point.X), points.Average(point => point.Y));
        var xx = points.Average(point => (point.X - x) * (point.X - x));
        var yy = points.Average(point => (point.Y - y) * (point.Y - y));
        var xy = points.Average(point => (point.X - x) * (point.Y - y));
        var smallest = (xx + yy - Math.Sqrt((xx - yy) * (xx - yy) + 4 * xy * xy)) / 2;
        return Math.Sqrt(Math.Max(0, smallest));
    }

    /// <summary>Angle walked about the middle of the covered range, positive clockwise on the screen, and the smallest distance from it.</summary>
    private static (double Angle, double Nearest) Turn(Point[] points)
    {
        var middleX = (points.Max(point => point.X) + points.Min(point => point.X)) / 2;
        var middleY = (points.Max(point => point.Y) + points.Min(point => point.Y)) / 2;
        var angles = points.Select(point => Math.Atan2(point.Y - middleY, point.X - middleX)).ToArray();
        var turn = angles.Zip(angles.Skip(1)).Sum(pair => Math.IEEERemainder(pair.Second - pair.First, 2 * Math.PI));
        return (turn, points.Min(point => Math.Sqrt(Math.Pow(point.X - middleX, 2) + Math.Pow(point.Y - middleY, 2))));
    }

    private static ShapeMotion? Direction(double x, double y)
    {
        var along = Math.Max(Math.Abs(x), Math.Abs(y));
        var across = Math.Min(Math.Abs(x), Math.Abs(y));
        if (Math.Sqrt(x * x + y * y) <= 0.16 || across > along * Math.Tan(Math.PI / 6))
            return null;
        if (Math.Abs(x) > Math.Abs(y))
            return x > 0 ? ShapeMotion.Right : ShapeMotion.Left;
        return y > 0 ? ShapeMotion.Down : ShapeMotion.Up;
    }

    private readonly record struct Point(double Time, double X, double Y, double Radius);
}
