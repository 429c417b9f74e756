using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets.Worlds;

/// <summary>Ways of the brush.</summary>
public enum BrushStroke
{
    /// <summary>A line.</summary>
    Right,

    /// <summary>A line.</summary>
    Left,

    /// <summary>A line.</summary>
    Up,

    /// <summary>A line.</summary>
    Down,

    /// <summary>A circle, clockwise.</summary>
    Clockwise,

    /// <summary>A circle, counterclockwise.</summary>
    Counterclockwise,
}

/// <summary>What the brush paints.</summary>
public sealed record BrushScene(ShapeColour Colour, BrushStroke Stroke)
{
    private static readonly string[] English =
        ["line to the right", "line to the left", "line upwards", "line downwards", "circle clockwise", "circle counterclockwise"];

    private static readonly string[] Chinese = ["向右的线", "向左的线", "向上的线", "向下的线", "顺时针的圆", "逆时针的圆"];

    /// <summary>All 42, the stroke varying fastest.</summary>
    public static IReadOnlyList<BrushScene> All { get; } =
        [.. from colour in ToyWorld.Colours from stroke in Enum.GetValues<BrushStroke>() select new BrushScene(colour, stroke)];

    /// <summary>E.g. <c>a brush paints a red line to the right</c>.</summary>
    public Caption Caption
    {
        get
        {
            var colour = ShapeCaptions.Colour(Colour);
            return new($"a brush paints a {colour.English} {English[(int)Stroke]}", $"画笔画出一条{colour.Chinese}{Chinese[(int)Stroke]}");
        }
    }

    /// <summary>The scene that a caption names in either language, or null.</summary>
    public static BrushScene? Parse(string caption) => All.FirstOrDefault(scene => scene.Caption.English == caption || scene.Caption.Chinese == caption);
}

/// <summary>Lasting effects (models.md §3, row 16): a white brush moves and leaves a trail, of which nothing ever disappears.</summary>
public sealed class BrushTrail(ClipSize size, ulong seed) : ToyWorld(DatasetCatalog.Brush, size, seed)
{
    private const long Trail = 220;
    private const long Dot = 300;
    private const long Margin = 450;
    private const int Dabs = 8;
    private static readonly (byte, byte, byte) Brush = (250, 250, 250);

    /// <inheritdoc/>
    public override long Count => BrushScene.All.Count;

    private protected override Caption Paint(long index, WorldCanvas canvas, SplitMix64 random)
    {
        var scene = BrushScene.All[(int)index];
        var way = Way(scene.Stroke, canvas, ref random);
        var steps = (Frames - 1) * Dabs;
        // The trail grows on one canvas; the brush is painted over copies of it.
        var trail = new WorldCanvas(1, Height, Width);
        var next = 0;
        for (var t = 0; t < Frames; t++)
        {
            for (; next <= t * Dabs; next++)
                trail.Shape(0, ShapeKind.Circle, way(next, steps).X, way(next, steps).Y, Trail, Rgb(scene.Colour));
            trail.Clip.CopyTo(canvas.Clip, t * trail.Clip.Length);
            var (x, y) = way(t * Dabs, steps);
            canvas.Shape(t, ShapeKind.Circle, x, y, Dot, Brush);
        }

        return scene.Caption;
    }

    private static Func<int, int, (long X, long Y)> Way(BrushStroke stroke, WorldCanvas canvas, ref SplitMix64 random)
    {
        if (stroke is BrushStroke.Clockwise or BrushStroke.Counterclockwise)
        {
            var orbit = random.Range(800, 1200);
            var (centreX, centreY) = (random.Range(Margin + orbit, canvas.Width - Margin - orbit), random.Range(Margin + orbit, canvas.Height - Margin - orbit));
            var (start, sign) = (random.Below(4096), stroke == BrushStroke.Clockwise ? 1 : -1);
            return (step, steps) =>
            {
                var (x, y) = ShapeTrajectory.OnCircle(start + sign * (4096L * step / steps), orbit);
                return (centreX + x, centreY + y);
            };
        }

        var horizontal = stroke is BrushStroke.Right or BrushStroke.Left;
        var forward = stroke is BrushStroke.Right or BrushStroke.Down;
        var (along, across) = horizontal ? (canvas.Width, canvas.Height) : (canvas.Height, canvas.Width);
        var distance = random.Range(1800, 2600);
        var first = random.Range(Margin, along - Margin - distance);
        var other = random.Range(Margin, across - Margin);
        return (step, steps) =>
        {
            var done = distance * step / steps;
            var at = first + (forward ? done : distance - done);
            return horizontal ? (at, other) : (other, at);
        };
    }
}
