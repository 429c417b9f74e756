using MiniSora.Model.Datasets.Worlds;
using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets;

/// <summary>Datasets by the identifier that specs use.</summary>
public static class DatasetCatalog
{
    /// <summary>Identifier of the moving shapes.</summary>
    public const string Shapes = "shapes";

    /// <summary>Identifier of the animated emoji.</summary>
    public const string Emoji = "emoji";

    /// <summary>Identifier of the toy world of object permanence.</summary>
    public const string Occlusion = "world-occlusion";

    /// <summary>Identifier of the toy world of lasting effects.</summary>
    public const string Brush = "world-brush";

    /// <summary>Identifier of the toy world of a moving camera.</summary>
    public const string Parallax = "world-parallax";

    /// <summary>Identifier of the grid game with actions.</summary>
    public const string Grid = "world-grid";

    /// <summary>The toy worlds.</summary>
    public static IReadOnlyList<string> Worlds { get; } = [Occlusion, Brush, Parallax, Grid];

    /// <summary>Sets that the program draws itself, in any proportions.</summary>
    public static bool IsDrawn(string id) => id == Shapes || Worlds.Contains(id);

    /// <summary>Identifiers that <see cref="Open(string, string, int, int, ulong)"/> knows on this machine, prepared or not: shapes, emoji, toy worlds, imported folders.</summary>
    public static IReadOnlyList<string> Ids(string dataFolder) => [Shapes, Emoji, .. Worlds, .. FolderDataset.Names(dataFolder)];

    /// <summary>Opens a dataset for training.</summary>
    /// <param name="id"><c>shapes</c>, <c>emoji</c>, a toy world or the name of an imported folder.</param>
    /// <param name="dataFolder">The product's data folder.</param>
    /// <param name="frames">T.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="seed">The run's seed; procedural sets place their objects with it.</param>
    /// <exception cref="DatasetException">Unknown, missing, broken, or not to be had at this size.</exception>
    public static IVideoDataset Open(string id, string dataFolder, int frames, int size, ulong seed) => Open(id, dataFolder, new ClipSize(frames, size, size), seed);

    /// <summary>As above, in other proportions, which only the sets that the program draws have.</summary>
    public static IVideoDataset Open(string id, string dataFolder, ClipSize size, ulong seed)
    {
        var least = id == Shapes ? 2 : 4;
        if (IsDrawn(id) && (size.Frames < least || !ShapeRenderer.IsSize(Math.Min(size.Height, size.Width))))
        {
            throw new DatasetException(
                DatasetErrors.Size,
                $"Drawn clips exist from {least} frames and at 8, 16, 32, 64, 128, 256 or 512 pixels on the shorter side, not at {size}.",
                [id, $"{size.Frames}", $"{Math.Min(size.Height, size.Width)}", "8, 16, 32, 64, 128, 256, 512"]);
        }

        if (!IsDrawn(id) && size.Height != size.Width)
            throw new DatasetException(DatasetErrors.Size, $"{id} has square clips only, not {size}.", [id, $"{size.Frames}", $"{size.Height}×{size.Width}", $"{Math.Min(size.Height, size.Width)}"]);
        return id switch
        {
            Shapes => new MovingShapes(size, seed),
            Occlusion => new Occlusion(size, seed),
            Brush => new BrushTrail(size, seed),
            Parallax => new Parallax(size, seed),
            Grid => new GridGame(size, seed),
            Emoji => EmojiDataset.Open(dataFolder, size.Frames, size.Height),
            _ => FolderDataset.Open(dataFolder, id, size.Frames, size.Height),
        };
    }
}
