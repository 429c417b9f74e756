using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets;

/// <summary>
/// The centre square of every clip of another set, as image collections were long trained on: what the Sora report warns of, since it cuts subjects
/// (models.md §3, row 5). For comparison.
/// </summary>
public sealed class SquareCrop(IVideoDataset inner) : IVideoDataset
{
    /// <inheritdoc/>
    public string Id => inner.Id;

    /// <inheritdoc/>
    public string Fingerprint => "square " + inner.Fingerprint;

    /// <inheritdoc/>
    public int Frames => inner.Frames;

    /// <inheritdoc/>
    public int Height => Math.Min(inner.Height, inner.Width);

    /// <inheritdoc/>
    public int Width => Height;

    /// <inheritdoc/>
    public long Count => inner.Count;

    /// <inheritdoc/>
    public IReadOnlyList<Caption> Classes => inner.Classes;

    /// <inheritdoc/>
    public int ClassOf(long index) => inner.ClassOf(index);

    /// <inheritdoc/>
    public Clip Read(long index, SplitMix64 random)
    {
        var clip = inner.Read(index, random);
        var (top, left) = ((inner.Height - Height) / 2, (inner.Width - Width) / 2);
        var square = new byte[Frames * Height * Width * 3];
        for (var t = 0; t < Frames; t++)
            for (var y = 0; y < Height; y++)
                clip.Frames.AsSpan(((t * inner.Height + top + y) * inner.Width + left) * 3, Width * 3).CopyTo(square.AsSpan((t * Height + y) * Width * 3));
        return clip with { Frames = square };
    }
}
