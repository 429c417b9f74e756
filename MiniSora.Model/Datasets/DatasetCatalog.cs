namespace MiniSora.Model.Datasets;

/// <summary>Datasets by the identifier that specs use.</summary>
public static class DatasetCatalog
{
    /// <summary>Identifier of the moving shapes.</summary>
    public const string Shapes = "shapes";

    /// <summary>Identifier of the animated emoji.</summary>
    public const string Emoji = "emoji";

    /// <summary>Identifiers that <see cref="Open"/> knows on this machine, prepared or not: shapes, emoji, imported folders.</summary>
    public static IReadOnlyList<string> Ids(string dataFolder) => [Shapes, Emoji, .. FolderDataset.Names(dataFolder)];

    /// <summary>Opens a dataset for training.</summary>
    /// <param name="id"><c>shapes</c>, <c>emoji</c> or the name of an imported folder.</param>
    /// <param name="dataFolder">The product's data folder.</param>
    /// <param name="frames">T.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <param name="seed">The run's seed; procedural sets place their objects with it.</param>
    /// <exception cref="DatasetException">Unknown, missing, broken, or not to be had at this size.</exception>
    public static IVideoDataset Open(string id, string dataFolder, int frames, int size, ulong seed)
    {
        switch (id)
        {
            case Shapes when frames < 2 || !ShapeRenderer.IsSize(size):
                throw new DatasetException(
                    DatasetErrors.Size,
                    $"Moving shapes exist from 2 frames and at 8, 16, 32, 64, 128, 256 or 512 pixels, not at {frames} frames of {size} pixels.",
                    [id, $"{frames}", $"{size}", "8, 16, 32, 64, 128, 256, 512"]);
            case Shapes:
                return new MovingShapes(frames, size, seed);
            case Emoji:
                return EmojiDataset.Open(dataFolder, frames, size);
            default:
                return FolderDataset.Open(dataFolder, id, frames, size);
        }
    }
}
