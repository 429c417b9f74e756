namespace MiniSora.Model.Sampling;

/// <summary>A clip in pixels: what a task is given, and what the sampler makes.</summary>
/// <param name="Pixels">uint8 [T, H, W, 3], RGB.</param>
/// <param name="Frames">T, at least 1.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
public sealed record PixelClip(byte[] Pixels, int Frames, int Height, int Width)
{
    /// <summary>Bytes of one frame.</summary>
    private int FrameBytes => Height * Width * 3;

    /// <summary>Frames from <paramref name="from"/> on.</summary>
    public PixelClip Part(int from, int count) => new(Pixels[(from * FrameBytes)..((from + count) * FrameBytes)], count, Height, Width);

    /// <summary>This clip and then others of its size.</summary>
    public PixelClip Then(params PixelClip[] others)
    {
        if (others.FirstOrDefault(other => (other.Height, other.Width) != (Height, Width)) is { } odd)
            throw new ArgumentException($"clips of {Height}×{Width} and {odd.Height}×{odd.Width} pixels cannot be joined", nameof(others));
        return new([.. Pixels, .. others.SelectMany(other => other.Pixels)], Frames + others.Sum(other => other.Frames), Height, Width);
    }
}
