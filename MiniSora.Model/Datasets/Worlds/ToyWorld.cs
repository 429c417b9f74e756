using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets.Worlds;

/// <summary>
/// A procedural captioned set that shows one thing a simulator of the world must get right (models.md §3, rows 14–17), with an exact check of it
/// in <c>MiniSora.Model.Evaluation.Worlds</c>.
/// </summary>
public abstract class ToyWorld : IVideoDataset
{
    private readonly ulong seed;

    private protected ToyWorld(string id, ClipSize size, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size.Frames, 4);
        if (!ShapeRenderer.IsSize(Math.Min(size.Height, size.Width)))
            throw new ArgumentOutOfRangeException(nameof(size), size, "the shorter side must divide 512 and be at least 8");
        (Id, this.seed, Frames, Height, Width) = (id, seed, size.Frames, size.Height, size.Width);
        var identity = string.Create(CultureInfo.InvariantCulture, $"{id}/1 seed={seed} {Frames}x{Height}x{Width}");
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }

    /// <inheritdoc/>
    public string Id { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int Frames { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public abstract long Count { get; }

    /// <inheritdoc/>
    public Clip Read(long index, SplitMix64 random)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Count, nameof(index));
        var canvas = new WorldCanvas(Frames, Height, Width);
        var caption = Paint(index, canvas, SplitMix64.For(seed, random.Next(), (ulong)index));
        return new Clip(canvas.Clip, caption);
    }

    /// <summary>Paints clip number <paramref name="index"/>, placed anew by <paramref name="random"/>, and says what it shows.</summary>
    private protected abstract Caption Paint(long index, WorldCanvas canvas, SplitMix64 random);

    /// <summary>Colours that no grey of a wall or a brush resembles, in the order of <see cref="ShapeColour"/>: all but white.</summary>
    internal static IReadOnlyList<ShapeColour> Colours { get; } = [.. Enum.GetValues<ShapeColour>().Where(colour => colour != ShapeColour.White)];

    internal static (byte R, byte G, byte B) Rgb(ShapeColour colour) => ShapeRenderer.Palette[(int)colour];
}
