namespace MiniSora.Model.Evaluation;

/// <summary>Reads shape, colour, size and motion out of a moving-shapes clip without any network.</summary>
public static class AttributeReader
{
    /// <summary>What the clip shows, or null where nothing stands out from the background.</summary>
    /// <param name="frames">uint8 [T, S, S, 3].</param>
    /// <param name="T">Frames, at least 4.</param>
    /// <param name="S">Height and width in pixels, at least 16.</param>
    public static ShapeReading? Read(byte[] frames, int T, int S) => throw new NotImplementedException();
}
