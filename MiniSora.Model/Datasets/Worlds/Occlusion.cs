using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets.Worlds;

/// <summary>What passes behind the wall.</summary>
public sealed record OcclusionScene(ShapeKind Shape, ShapeColour Colour, bool Right)
{
    /// <summary>All 84, the direction varying fastest.</summary>
    public static IReadOnlyList<OcclusionScene> All { get; } =
    [
        .. from shape in Enum.GetValues<ShapeKind>() from colour in ToyWorld.Colours from right in new[] { true, false } select new OcclusionScene(shape, colour, right),
    ];

    /// <summary>E.g. <c>a red ring moves right behind a wall</c>.</summary>
    public Caption Caption
    {
        get
        {
            var name = ShapeCaptions.ColourAndShape(new ShapeCombo(Shape, Colour, ShapeSize.Small, ShapeMotion.Still));
            return new($"a {name.English} moves {(Right ? "right" : "left")} behind a wall", $"一个{name.Chinese}在墙后面向{(Right ? "右" : "左")}移动");
        }
    }

    /// <summary>The scene that a caption names in either language, or null.</summary>
    public static OcclusionScene? Parse(string caption) => All.FirstOrDefault(scene => scene.Caption.English == caption || scene.Caption.Chinese == caption);
}

/// <summary>
/// Object permanence (models.md §3, row 15): a shape crosses the picture at an even pace, is hidden by a wall on its way, and comes out as what
/// it was.
/// </summary>
public sealed class Occlusion(ClipSize size, ulong seed) : ToyWorld(DatasetCatalog.Occlusion, size, seed)
{
    internal const long Radius = 384;
    private const long Extent = (1600 * Radius) >> 10;
    private static readonly (byte, byte, byte) Wall = (112, 112, 112);

    /// <inheritdoc/>
    public override long Count => OcclusionScene.All.Count;

    private protected override Caption Paint(long index, WorldCanvas canvas, SplitMix64 random)
    {
        var scene = OcclusionScene.All[(int)index];
        // Twice the extent on either side: the shape is seen whole before and after.
        var thickness = random.Range(1350, 1500);
        var left = random.Range(2 * Extent + 50, canvas.Width - 2 * Extent - 50 - thickness);
        var y = random.Range(Extent, canvas.Height - Extent);
        var way = canvas.Width - 2 * Extent;
        for (var t = 0; t < Frames; t++)
        {
            var done = way * t / (Frames - 1);
            canvas.Shape(t, scene.Shape, Extent + (scene.Right ? done : way - done), y, Radius, Rgb(scene.Colour));
            canvas.Box(t, left, 0, left + thickness, canvas.Height, Wall);
        }

        return scene.Caption;
    }
}
