namespace MiniSora.Model.Evaluation;

/// <summary>Brightness of frames.</summary>
internal static class ClipLuma
{
    /// <summary>0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), in the frames' units.</summary>
    /// <param name="frames">uint8 [T, H, W, 3].</param>
    /// <returns>[T, H, W].</returns>
    internal static double[] Of(byte[] frames)
    {
        var luma = new double[frames.Length / 3];
        for (var i = 0; i < luma.Length; i++) luma[i] = 0.299 * frames[3 * i] + 0.587 * frames[3 * i + 1] + 0.114 * frames[3 * i + 2];
        return luma;
    }
}
