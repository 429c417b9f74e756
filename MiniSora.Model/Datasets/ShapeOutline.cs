namespace MiniSora.Model.Datasets;

/// <summary>
/// The six outlines, all of the area of the circle of the same radius. Tests are exact in 64-bit integers, offsets
/// from the centre in canvas units.
/// </summary>
internal readonly struct ShapeOutline
{
    private readonly ShapeKind kind;
    private readonly long a;
    private readonly long b;
    private readonly long c;
    private readonly long height;

    internal ShapeOutline(ShapeKind kind, long radius)
    {
        this.kind = kind;
        (a, b, c) = kind switch
        {
            ShapeKind.Circle => (radius * radius, 0L, 0L),
            ShapeKind.Square => ((907 * radius) >> 10, 0L, 0L),
            ShapeKind.Triangle => (-((1592 * radius) >> 10), (796 * radius) >> 10, (1379 * radius) >> 10),
            ShapeKind.Diamond => ((1283 * radius) >> 10, 0L, 0L),
            ShapeKind.Cross => ((1218 * radius) >> 10, (406 * radius) >> 10, 0L),
            ShapeKind.Ring => (Square((1182 * radius) >> 10), Square((591 * radius) >> 10), 0L),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not one of the six shapes"),
        };
        height = b - a;
        Reach = (1600 * radius) >> 10;
    }

    /// <summary>No point of the outline is farther than this from the centre along either axis.</summary>
    internal long Reach { get; }

    internal bool Contains(long x, long y) => kind switch
    {
        ShapeKind.Circle => x * x + y * y <= a,
        ShapeKind.Square => Math.Abs(x) <= a && Math.Abs(y) <= a,
        ShapeKind.Triangle => a <= y && y <= b && Math.Abs(x) * height <= c * (y - a),
        ShapeKind.Diamond => Math.Abs(x) + Math.Abs(y) <= a,
        ShapeKind.Cross => (Math.Abs(x) <= a && Math.Abs(y) <= b) || (Math.Abs(x) <= b && Math.Abs(y) <= a),
        _ => x * x + y * y is var d && b <= d && d <= a,
    };

    private static long Square(long value) => value * value;
}
