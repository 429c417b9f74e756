using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Runs;

/// <summary>How near a clip is to the video that it makes again.</summary>
/// <param name="Exact">Decoded, every pixel of every frame is the same.</param>
/// <param name="Psnr">Peak signal-to-noise ratio over the whole clip, dB, at most 100; 0 for clips of other lengths or proportions.</param>
/// <param name="Ssim">Structural similarity of luma, mean over frames; 0 for clips of other lengths or proportions.</param>
public sealed record OriginalLikeness(bool Exact, double Psnr, double Ssim)
{
    /// <summary>From here on no eye tells the two apart: the root-mean-square difference is a hundredth of the range.</summary>
    public const double NearPsnr = 40;

    /// <summary>The same clip, be it for rounding: another device adds in another order.</summary>
    public bool IsReproduced => Exact || Psnr >= NearPsnr;

    /// <summary>As metrics of the clip's step.</summary>
    internal IReadOnlyList<MetricPoint> Points(long step) => [new("original_exact", step, Exact ? 1 : 0), new("original_psnr", step, Psnr), new("original_ssim", step, Ssim)];
}

/// <summary>
/// Compares the first clip of a sampling run with the video that its spec names as the original. Files are compared, not what they were coded from: of the original
/// there is nothing else.
/// </summary>
internal static class OriginalComparison
{
    /// <summary>Equal clips have no finite PSNR; metrics are numbers.</summary>
    private const double MostDecibels = 100;

    public static OriginalLikeness Of(RunContext context, string original, string made, PixelClip clip, double framesPerSecond)
    {
        var likeness = Compare(original, made, clip, framesPerSecond, context.Control.Cancelled);
        string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
        context.Info(likeness.Exact ? "log.original_exact" : "log.original_near", ("psnr", Number(likeness.Psnr, "0.0")), ("ssim", Number(likeness.Ssim, "0.0000")));
        return likeness;
    }

    private static OriginalLikeness Compare(string original, string made, PixelClip clip, double framesPerSecond, CancellationToken cancellationToken)
    {
        PixelClip Read(string path, int height, int width) => VideoFile.ReadClipAsync(path, height, width, framesPerSecond, clip.Frames, cancellationToken).GetAwaiter().GetResult();
        VideoInfo Probe(string path) => VideoFile.ProbeAsync(path, cancellationToken).GetAwaiter().GetResult();
        var (one, other) = (Probe(original), Probe(made));
        if ((one.Frames, one.Height, one.Width) != (other.Frames, other.Height, other.Width))
            return new(false, 0, 0);
        // Files are enlarged by whole factors: similarity is measured in the size of the model, equality in that of the file.
        var (a, b) = (Read(original, clip.Height, clip.Width), Read(made, clip.Height, clip.Width));
        var (psnr, ssim) = ClipSimilarity.Reconstruction(a.Pixels, b.Pixels, a.Frames, a.Height, a.Width);
        var exact = Read(original, one.Height, one.Width).Pixels.AsSpan().SequenceEqual(Read(made, one.Height, one.Width).Pixels);
        return new(exact, Math.Min(psnr, MostDecibels), ssim);
    }
}
