namespace MiniSora.Model.Datasets;

/// <summary>Where a shape is in one frame, in canvas units (4,096 to the side, y down).</summary>
internal readonly record struct ShapePlacement(long X, long Y, long Radius, bool Visible);

/// <summary>
/// Trajectories of the moving-shapes specification, in 64-bit integers so that every implementation agrees.
/// The order of the random draws is part of the specification.
/// </summary>
internal static class ShapeTrajectory
{
    internal const long Canvas = 4096;

    private static readonly long[] Radii = [384, 544, 768];

    /// <summary>16384·cos(2πj/4096), rounded. No entry is near a tie, so any maths library gives the same table.</summary>
    private static readonly long[] Cosine =
        [.. Enumerable.Range(0, 4096).Select(j => (long)Math.Floor(16384 * Math.Cos(2 * Math.PI * j / 4096) + 0.5))];

    internal static long RadiusOf(ShapeSize size) => Radii[(int)size];

    /// <summary>A point of the circle of a radius; <paramref name="angle"/> in 1/4,096 turns, clockwise on the screen.</summary>
    internal static (long X, long Y) OnCircle(long angle, long radius) => ((radius * Cosine[angle & 4095]) >> 14, (radius * Cosine[(angle - 1024) & 4095]) >> 14);

    /// <summary>
    /// The placements of all frames. <paramref name="frames"/> at least 2. The specification's canvas is a square; <paramref name="width"/> and
    /// <paramref name="height"/> of another, whose shorter side has as many units, change only where things may be.
    /// </summary>
    internal static ShapePlacement[] Of(ShapeCombo combo, int frames, SplitMix64 random, long width = Canvas, long height = Canvas)
    {
        var radius = RadiusOf(combo.Size);
        var extent = (1600 * radius) >> 10;
        return combo.Motion switch
        {
            ShapeMotion.Still => Still(radius, extent, frames, (width, height), ref random),
            ShapeMotion.Blink => Blink(radius, extent, frames, (width, height), ref random),
            ShapeMotion.Right or ShapeMotion.Left or ShapeMotion.Up or ShapeMotion.Down =>
                Straight(combo.Motion, radius, extent, frames, (width, height), ref random),
            ShapeMotion.Clockwise or ShapeMotion.Counterclockwise =>
                Turn(combo.Motion == ShapeMotion.Clockwise ? 1 : -1, radius, extent, frames, (width, height), ref random),
            _ => Scale(combo.Motion == ShapeMotion.Grow, radius, frames, (width, height), ref random),
        };
    }

    private static ShapePlacement[] Still(long radius, long extent, int frames, (long X, long Y) canvas, ref SplitMix64 random)
    {
        var (x, y) = Anywhere(extent, canvas, ref random);
        return Make(frames, _ => new ShapePlacement(x, y, radius, true));
    }

    private static ShapePlacement[] Blink(long radius, long extent, int frames, (long X, long Y) canvas, ref SplitMix64 random)
    {
        var (x, y) = Anywhere(extent, canvas, ref random);
        var half = Math.Max(1, frames / 8);
        var phase = random.Below(2 * half);
        return Make(frames, t => new ShapePlacement(x, y, radius, (t + phase) / half % 2 == 0));
    }

    private static ShapePlacement[] Straight(ShapeMotion motion, long radius, long extent, int frames, (long X, long Y) canvas, ref SplitMix64 random)
    {
        var distance = random.Range(1024, 1600);
        var horizontal = motion is ShapeMotion.Right or ShapeMotion.Left;
        var start = random.Range(extent, (horizontal ? canvas.X : canvas.Y) - extent - distance);
        var across = random.Range(extent, (horizontal ? canvas.Y : canvas.X) - extent);
        var forward = motion is ShapeMotion.Right or ShapeMotion.Down;
        return Make(frames, t =>
        {
            var k = distance * t / (frames - 1);
            var along = forward ? start + k : start + distance - k;
            return horizontal
                ? new ShapePlacement(along, across, radius, true)
                : new ShapePlacement(across, along, radius, true);
        });
    }

    private static ShapePlacement[] Turn(int direction, long radius, long extent, int frames, (long X, long Y) canvas, ref SplitMix64 random)
    {
        var orbit = random.Range(600, Math.Min(1000, Math.Min(canvas.X, canvas.Y) / 2 - extent));
        var centreX = random.Range(extent + orbit, canvas.X - extent - orbit);
        var centreY = random.Range(extent + orbit, canvas.Y - extent - orbit);
        var start = random.Below(4096);
        return Make(frames, t =>
        {
            var angle = start + direction * ((long)t * 4096 / frames);
            var (x, y) = OnCircle(angle, orbit);
            return new ShapePlacement(centreX + x, centreY + y, radius, true);
        });
    }

    private static ShapePlacement[] Scale(bool grow, long radius, int frames, (long X, long Y) canvas, ref SplitMix64 random)
    {
        var largest = 3 * radius / 2;
        var (x, y) = Anywhere((1600 * largest) >> 10, canvas, ref random);
        return Make(frames, t =>
        {
            var step = grow ? t : frames - 1 - t;
            return new ShapePlacement(x, y, radius * (frames - 1 + 2 * step) / (2 * (frames - 1)), true);
        });
    }

    private static (long X, long Y) Anywhere(long extent, (long X, long Y) canvas, ref SplitMix64 random)
    {
        var x = random.Range(extent, canvas.X - extent);
        var y = random.Range(extent, canvas.Y - extent);
        return (x, y);
    }

    private static ShapePlacement[] Make(int frames, Func<int, ShapePlacement> at)
    {
        var placements = new ShapePlacement[frames];
        for (var t = 0; t < frames; t++)
            placements[t] = at(t);
        return placements;
    }
}
