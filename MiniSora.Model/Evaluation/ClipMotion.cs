namespace MiniSora.Model.Evaluation;

/// <summary>
/// How a clip changes over time, by pixels alone. To be reported against the real set's values (a ratio of 1 is right): none is
/// better when lower, since a still picture would win.
/// </summary>
public static class ClipMotion
{
    /// <summary>Mean |f(t+1) − f(t)| / 255 over pixels, channels and times (VBench's temporal flickering is one minus this).</summary>
    /// <param name="frames">uint8 [T, H, W, 3]; T at least 2.</param>
    /// <param name="T">Frames.</param>
    public static double Flicker(byte[] frames, int T)
    {
        var size = FrameBytes(frames, T, 2);
        return Enumerable.Range(0, T - 1).Average(t => Difference(frames, t * size, (t + 1) * size, size));
    }

    /// <summary>Mean |f(t+1) − 2f(t) + f(t−1)| / 255: jerky motion and pumping, not even motion of smooth pictures.</summary>
    /// <param name="frames">uint8 [T, H, W, 3]; T at least 3.</param>
    /// <param name="T">Frames.</param>
    public static double Jerk(byte[] frames, int T)
    {
        var size = FrameBytes(frames, T, 3);
        long sum = 0;
        for (var i = size; i < frames.Length - size; i++) sum += Math.Abs(frames[i + size] - 2 * frames[i] + frames[i - size]);
        return sum / 255.0 / ((T - 2L) * size);
    }

    /// <summary>
    /// How well a clip closes to a loop: the step from the last frame to the first over the mean step between neighbours. 1: the seam
    /// is a step like any other. 1 also for a still clip.
    /// </summary>
    /// <param name="frames">uint8 [T, H, W, 3]; T at least 2.</param>
    /// <param name="T">Frames.</param>
    public static double LoopClosure(byte[] frames, int T)
    {
        var size = FrameBytes(frames, T, 2);
        var (seam, step) = (Difference(frames, (T - 1) * size, 0, size), Flicker(frames, T));
        return step == 0 ? 1 : seam / step;
    }

    private static int FrameBytes(byte[] frames, int T, int least)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(T, least);
        if (frames.Length == 0 || frames.Length % T != 0) throw new ArgumentException($"{frames.Length} bytes are not {T} frames of one size", nameof(frames));
        return frames.Length / T;
    }

    private static double Difference(byte[] frames, int a, int b, int size)
    {
        long sum = 0;
        for (var i = 0; i < size; i++) sum += Math.Abs(frames[a + i] - frames[b + i]);
        return sum / 255.0 / size;
    }
}
