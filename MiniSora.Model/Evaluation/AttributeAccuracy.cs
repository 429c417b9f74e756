using MiniSora.Model.Datasets;

namespace MiniSora.Model.Evaluation;

/// <summary>Shares of clips, 0 to 1, that show what was asked for.</summary>
/// <param name="Clips">Number of clips scored.</param>
/// <param name="Joint">Valid and all four attributes right.</param>
/// <param name="Shape">Shape right.</param>
/// <param name="Colour">Colour right.</param>
/// <param name="Size">Size right.</param>
/// <param name="Motion">Motion right.</param>
/// <param name="Valid">One compact object of a known shape and colour.</param>
public sealed record AttributeAccuracy(
    int Clips, double Joint, double Shape, double Colour, double Size, double Motion, double Valid)
{
    /// <summary>Scores clips against what they were asked to show; what cannot be read counts as wrong.</summary>
    /// <param name="clips">uint8 [T, S, S, 3] each, with the combination asked for. At least one.</param>
    /// <param name="T">Frames.</param>
    /// <param name="S">Height and width in pixels.</param>
    public static AttributeAccuracy Score(IEnumerable<(byte[] Frames, ShapeCombo Expected)> clips, int T, int S) => Score(clips, T, S, S);

    /// <summary>As above for clips of H × W pixels.</summary>
    public static AttributeAccuracy Score(IEnumerable<(byte[] Frames, ShapeCombo Expected)> clips, int T, int H, int W)
    {
        var readings = clips.Select(clip => (Reading: AttributeReader.ReadAny(clip.Frames, T, H, W), clip.Expected)).ToList();
        if (readings.Count == 0)
            throw new ArgumentException("at least one clip is needed", nameof(clips));

        double Share(Func<ShapeReading, ShapeCombo, bool> right) =>
            (double)readings.Count(pair => pair.Reading is { } reading && right(reading, pair.Expected)) / readings.Count;

        return new AttributeAccuracy(
            readings.Count,
            Share((reading, expected) => reading.Matches(expected)),
            Share((reading, expected) => reading.Shape == expected.Shape),
            Share((reading, expected) => reading.Colour == expected.Colour),
            Share((reading, expected) => reading.Size == expected.Size),
            Share((reading, expected) => reading.Motion == expected.Motion),
            Share((reading, _) => reading.Valid));
    }
}
