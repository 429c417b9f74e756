using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets;

/// <summary>
/// Moving shapes, the procedural captioned set (specification CS-1): a colour, a shape, a size and a motion. Serves the
/// 1,134 combinations of the training split and never a held-out one; every read places the shape anew.
/// </summary>
public sealed class MovingShapes : IVideoDataset
{
    /// <summary>Places that training never shows: for validation while a run goes on.</summary>
    internal const int DevelopmentSplit = 2;

    /// <summary>Places of the reference set that scores compare with.</summary>
    internal const int TestSplit = 3;

    private const int TrainSplit = 1;
    private const ulong IndexMask = (1UL << 56) - 1;

    private readonly ulong seed;
    private readonly int split;

    /// <param name="frames">T, at least 2.</param>
    /// <param name="size">Height and width in pixels; must divide 512.</param>
    /// <param name="seed">The run's seed.</param>
    public MovingShapes(int frames, int size, ulong seed)
        : this(new ClipSize(frames, size, size), seed)
    {
    }

    /// <summary>The same combinations in the places of another split.</summary>
    internal MovingShapes(int frames, int size, ulong seed, int split)
        : this(new ClipSize(frames, size, size), seed, split)
    {
    }

    /// <param name="size">At least 2 frames; the shorter side must divide 512.</param>
    /// <param name="seed">The run's seed.</param>
    public MovingShapes(ClipSize size, ulong seed)
        : this(size, seed, TrainSplit)
    {
    }

    private MovingShapes(ClipSize size, ulong seed, int split)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size.Frames, 2);
        if (!ShapeRenderer.IsSize(Math.Min(size.Height, size.Width)))
            throw new ArgumentOutOfRangeException(nameof(size), size, "the shorter side must divide 512 and be at least 8");
        this.seed = seed;
        this.split = split;
        (Frames, Height, Width) = (size.Frames, size.Height, size.Width);
        var identity = string.Create(CultureInfo.InvariantCulture, $"moving-shapes/1 seed={seed} split={split} {Frames}x{Height}x{Width}");
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }

    /// <inheritdoc/>
    public string Id => "shapes";

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int Frames { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>One epoch shows each combination of the training split once.</summary>
    public long Count => ShapeCombo.Seen.Count;

    /// <summary>Colour and shape, shape by shape: 48, of which the six held-out pairs never come up.</summary>
    public static IReadOnlyList<Caption> ClassNames { get; } = [.. ShapeCombo.All.Select(ShapeCaptions.ColourAndShape).Distinct()];

    /// <inheritdoc/>
    public IReadOnlyList<Caption> Classes => ClassNames;

    /// <inheritdoc/>
    public int ClassOf(long index)
    {
        var combo = ShapeCombo.Seen[(int)index];
        return (int)combo.Shape * Enum.GetValues<ShapeColour>().Length + (int)combo.Colour;
    }

    /// <inheritdoc/>
    public Clip Read(long index, SplitMix64 random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var combo = ShapeCombo.Seen[(int)index];
        // The index is mixed in too, so that a caller who hands the same generator to every clip still gets varied places.
        var number = SplitMix64.For(random.Next(), (ulong)index).Next() & IndexMask;
        var frames = ShapeRenderer.Render(combo, seed, split, number, Frames, Height, Width);
        return new Clip(frames, ShapeCaptions.Varied(combo, ref random));
    }
}
