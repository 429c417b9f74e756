using MiniSora.Model.Datasets;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// Reads shape, colour, size and motion out of a moving-shapes clip by geometry alone, without any network
/// (specification CS-1, exact analytical scoring). Meant for raw frames, not for lossy files.
/// </summary>
public static class AttributeReader
{
    private const double FarthestColour = 70;
    private const double FarthestLogRadius = 0.35;

    /// <summary>What the clip shows, or null where nothing stands out from the background.</summary>
    /// <param name="frames">uint8 [T, S, S, 3].</param>
    /// <param name="T">Frames, at least 4.</param>
    /// <param name="S">Height and width in pixels, at least 16.</param>
    public static ShapeReading? Read(byte[] frames, int T, int S)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(T, 4);
        ArgumentOutOfRangeException.ThrowIfLessThan(S, 16);
        if (frames.Length != T * S * S * 3)
            throw new ArgumentException($"{T} frames of {S} × {S} pixels are {T * S * S * 3} bytes, were {frames.Length}", nameof(frames));

        return Read(frames, T, S, S);
    }

    /// <summary>As above for a clip of H × W pixels, whose shorter side is the specification's canvas.</summary>
    public static ShapeReading? ReadAny(byte[] frames, int T, int H, int W) =>
        H == W ? Read(frames, T, H) : Read(FramePadding.ToSquare(frames, T, H, W), T, Math.Max(H, W), Math.Min(H, W));

    /// <summary><paramref name="unit"/>: pixels per canvas side.</summary>
    private static ShapeReading? Read(byte[] frames, int T, int S, int unit)
    {
        if (ShapeTrack.Of(frames, T, S, unit) is not { } track)
            return null;
        var visible = track.Blobs.OfType<ShapeBlob>().ToList();
        return new ShapeReading(
            ShapeTemplates.Recognise(visible, S),
            Colour(track.Colour),
            Size(visible.Average(blob => blob.Radius), unit),
            ShapeMotionReader.Recognise(track.Blobs, unit),
            track.Compact);
    }

    private static ShapeColour? Colour((double R, double G, double B)? seen) => seen is { } colour ? Nearest(colour) : null;

    /// <summary>The colour of ours that a colour is, or null where none is near.</summary>
    internal static ShapeColour? Nearest((double R, double G, double B) colour)
    {
        var (distance, nearest) = ShapeRenderer.Palette
            .Select((entry, i) => (Math.Sqrt(Math.Pow(entry.R - colour.R, 2) + Math.Pow(entry.G - colour.G, 2) + Math.Pow(entry.B - colour.B, 2)), i))
            .Min();
        return distance < FarthestColour ? (ShapeColour)nearest : null;
    }

    private static ShapeSize? Size(double radius, int S)
    {
        var (distance, nearest) = Enum.GetValues<ShapeSize>()
            .Select(size => (Math.Abs(Math.Log(radius * ShapeTrajectory.Canvas / S / ShapeTrajectory.RadiusOf(size))), size))
            .Min();
        return distance < FarthestLogRadius ? nearest : null;
    }
}
