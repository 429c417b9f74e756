namespace MiniSora.Model.Media;

/// <summary>Keeps the wanted frames of a stream of raw frames, so that memory does not grow with the video's length.</summary>
/// <param name="picks">Frame numbers, ascending, repeats allowed.</param>
/// <param name="frameBytes">Bytes of a frame.</param>
internal sealed class FrameCollector(long[] picks, int frameBytes)
{
    private readonly byte[] clip = new byte[picks.Length * (long)frameBytes];
    private byte[] last = new byte[frameBytes];
    private int filled;

    /// <summary>Whole frames that came.</summary>
    internal long Seen { get; private set; }

    internal async Task CollectAsync(Stream stream, CancellationToken cancellationToken)
    {
        var frame = new byte[frameBytes];
        while (await stream.ReadAtLeastAsync(frame, frameBytes, throwOnEndOfStream: false, cancellationToken) == frameBytes)
        {
            while (filled < picks.Length && picks[filled] == Seen)
                Keep(frame);
            Seen++;

            // The other buffer takes the next frame: an unfinished one must not touch the last whole one.
            (frame, last) = (last, frame);
        }
    }

    /// <summary>The clip; where the stream ended early, its last frame stands in for those that never came.</summary>
    internal byte[] Clip()
    {
        while (filled < picks.Length)
            Keep(last);
        return clip;
    }

    private void Keep(byte[] frame) => frame.CopyTo(clip, (long)filled++ * frameBytes);
}
