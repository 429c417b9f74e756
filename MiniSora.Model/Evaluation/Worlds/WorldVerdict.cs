using MiniSora.Model.Datasets;
using MiniSora.Model.Datasets.Worlds;

namespace MiniSora.Model.Evaluation.Worlds;

/// <summary>What a check of a toy world says of one clip.</summary>
/// <param name="Passed">The world behaved, and showed what was asked for.</param>
/// <param name="Parts">Named shares or measures, each better when larger but for those named <c>…_error</c> and <c>…_loss</c>.</param>
public sealed record WorldVerdict(bool Passed, IReadOnlyDictionary<string, double> Parts)
{
    /// <summary>The verdict on a clip that was asked for by a caption of the world.</summary>
    /// <param name="world">Identifier of the dataset.</param>
    /// <param name="pixels">uint8 [T, H, W, 3].</param>
    /// <param name="frames">T.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="caption">In either language. Throws when it is none of the world's.</param>
    public static WorldVerdict Of(string world, byte[] pixels, int frames, int height, int width, string caption) => world switch
    {
        DatasetCatalog.Occlusion => Permanence.Read(pixels, frames, height, width).Judge(OcclusionScene.Parse(caption) ?? throw NoCaption(caption)),
        DatasetCatalog.Brush => TrailReading.Read(pixels, frames, height, width).Judge(BrushScene.Parse(caption) ?? throw NoCaption(caption)),
        DatasetCatalog.Parallax => LayerMotion.Read(pixels, frames, height, width).Judge(ParallaxScene.Parse(caption) ?? throw NoCaption(caption)),
        DatasetCatalog.Grid => GridReading.Read(pixels, frames, height, width).Judge(GridGame.Parse(caption) ?? throw NoCaption(caption)),
        _ => throw new ArgumentException($"there is no check of {world}", nameof(world)),
    };

    /// <summary>A share of clips as a number.</summary>
    internal static double Share(bool holds) => holds ? 1 : 0;

    private static ArgumentException NoCaption(string caption) => new($"'{caption}' is no caption of this world", nameof(caption));
}

/// <summary>Verdicts of many clips: shares and means.</summary>
/// <param name="Clips">Number of clips.</param>
/// <param name="Passed">Share that passed.</param>
/// <param name="Parts">Means of the parts.</param>
public sealed record WorldScore(int Clips, double Passed, IReadOnlyDictionary<string, double> Parts)
{
    /// <summary>Of at least one verdict of one world.</summary>
    public static WorldScore Of(IReadOnlyList<WorldVerdict> verdicts) => new(
        verdicts.Count,
        verdicts.Average(verdict => WorldVerdict.Share(verdict.Passed)),
        verdicts[0].Parts.Keys.ToDictionary(name => name, name => verdicts.Average(verdict => verdict.Parts[name])));
}
