using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets.Worlds;

/// <summary>Colours of the three layers, far to near, and where the camera pans.</summary>
public sealed record ParallaxScene(ShapeColour Far, ShapeColour Middle, ShapeColour Near, bool Right)
{
    /// <summary>All 16, the direction varying fastest.</summary>
    public static IReadOnlyList<ParallaxScene> All { get; } =
    [
        .. from far in new[] { ShapeColour.Blue, ShapeColour.Purple }
           from middle in new[] { ShapeColour.Green, ShapeColour.Cyan }
           from near in new[] { ShapeColour.Red, ShapeColour.Orange }
           from right in new[] { true, false }
           select new ParallaxScene(far, middle, near, right),
    ];

    /// <summary>E.g. <c>the camera pans right past red circles, green triangles and blue squares</c>.</summary>
    public Caption Caption
    {
        get
        {
            Caption Name(ShapeColour colour) => ShapeCaptions.Colour(colour);
            return new(
                $"the camera pans {(Right ? "right" : "left")} past {Name(Near).English} circles, {Name(Middle).English} triangles and {Name(Far).English} squares",
                $"镜头向{(Right ? "右" : "左")}平移，经过{Name(Near).Chinese}圆形、{Name(Middle).Chinese}三角形和{Name(Far).Chinese}正方形");
        }
    }

    /// <summary>The scene that a caption names in either language, or null.</summary>
    public static ParallaxScene? Parse(string caption) => All.FirstOrDefault(scene => scene.Caption.English == caption || scene.Caption.Chinese == caption);
}

/// <summary>
/// Three-dimensional consistency under a moving camera (models.md §3, row 14): three layers one above the other pass by at speeds of 1 : 2 : 4, the
/// near one fastest, as depths of 4 : 2 : 1 do.
/// </summary>
public sealed class Parallax(ClipSize size, ulong seed) : ToyWorld(DatasetCatalog.Parallax, size, seed)
{
    /// <summary>Layers, far to near: where they lie in the picture's height, what stands there, how large and how far apart, and the share of the near layer's way.</summary>
    internal static readonly (long HeightPercent, ShapeKind Kind, long Radius, long Spacing, double Speed)[] Layers =
    [
        (22, ShapeKind.Square, 220, 1150, 0.25), (49, ShapeKind.Triangle, 300, 1600, 0.5), (79, ShapeKind.Circle, 420, 2100, 1),
    ];

    /// <summary>Rows between the layers, as shares of the height.</summary>
    internal static readonly double[] Borders = [0, 0.345, 0.615, 1];

    /// <inheritdoc/>
    public override long Count => ParallaxScene.All.Count;

    private protected override Caption Paint(long index, WorldCanvas canvas, SplitMix64 random)
    {
        var scene = ParallaxScene.All[(int)index];
        ShapeColour[] colours = [scene.Far, scene.Middle, scene.Near];
        var way = random.Range(1600, 2200);
        for (var layer = 0; layer < Layers.Length; layer++)
        {
            var (percent, kind, radius, spacing, speed) = Layers[layer];
            var total = (long)(way * speed);
            var places = new List<long>();
            for (var x = -total - spacing + random.Below(spacing); x < canvas.Width + total + spacing; x += spacing + random.Range(-150, 150))
                places.Add(x);
            for (var t = 0; t < Frames; t++)
            {
                // Panning right, everything passes to the left.
                var shift = (scene.Right ? -1 : 1) * (total * t / (Frames - 1));
                foreach (var place in places)
                    canvas.Shape(t, kind, place + shift, percent * canvas.Height / 100, radius, Rgb(colours[layer]));
            }
        }

        return scene.Caption;
    }
}
