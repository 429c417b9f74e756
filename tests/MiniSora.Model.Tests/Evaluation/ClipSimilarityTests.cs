using MiniSora.Model.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class ClipSimilarityTests : TorchTests
{
    [Fact]
    public void Peak_signal_to_noise_of_a_constant_error_is_its_logarithm()
    {
        Assert.Equal(20, PeakSignalToNoise.Of([0, 0], [0.1, -0.1], 1), 9);
        Assert.Equal(20 + 20 * Math.Log10(2), PeakSignalToNoise.Of([0, 0], [0.1, -0.1], 2), 9);
        Assert.Equal(double.PositiveInfinity, PeakSignalToNoise.Of([1], [1], 1));
        Assert.Equal(100, PeakSignalToNoise.Capped([1], [1]));
        Assert.Equal(100, PeakSignalToNoise.Capped([0], [0.9e-5]));
        Assert.Equal(90, PeakSignalToNoise.Capped([0], [Math.Pow(10, -4.5)]), 9);
    }

    [Fact]
    public void Structural_similarity_of_constant_planes_is_that_of_their_means()
    {
        double[] a = [.. Enumerable.Repeat(0.5, 144)], b = [.. Enumerable.Repeat(0.25, 144)];
        var expected = (2 * 0.5 * 0.25 + 1e-4) / (0.25 + 0.0625 + 1e-4);
        foreach (var window in new[] { SimilarityWindow.Gaussian11, SimilarityWindow.Gaussian7, SimilarityWindow.Uniform7 })
        {
            Assert.Equal(expected, StructuralSimilarity.Of(a, b, 12, 12, 1, window), 9);
            Assert.Equal(1, StructuralSimilarity.Of(a, a, 12, 12, 1, window), 12);
            Assert.Equal(1, window.Weights.Sum(), 12);
        }

        Assert.Throws<ArgumentException>(() => StructuralSimilarity.Of(new double[100], new double[100], 10, 10, 1, SimilarityWindow.Gaussian11));
    }

    [Fact]
    public void A_window_as_large_as_the_plane_gives_the_textbook_value()
    {
        // Planes of one window: means, variances and covariance by their definitions.
        double[] a = [.. Enumerable.Range(0, 49).Select(i => i % 5 / 4.0)], b = [.. Enumerable.Range(0, 49).Select(i => i % 3 / 2.0)];
        var (ma, mb) = (a.Average(), b.Average());
        var (va, vb) = (a.Sum(v => (v - ma) * (v - ma)) / 48, b.Sum(v => (v - mb) * (v - mb)) / 48);
        var cov = a.Zip(b, (v, w) => (v - ma) * (w - mb)).Sum() / 48;
        var expected = (2 * ma * mb + 1e-4) * (2 * cov + 9e-4) / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4));
        Assert.Equal(expected, StructuralSimilarity.Of(a, b, 7, 7, 1, SimilarityWindow.Uniform7), 12);
    }

    [Fact]
    public void Frames_are_compared_one_by_one()
    {
        var a = zeros([2, 3, 1, 12, 12]);
        var b = a.clone();
        b[1, 2] += 0.1;
        var frames = ClipSimilarity.CappedPeakSignalToNoisePerFrame(a, b);
        Assert.Equal([100, 100, 100], frames[0]);
        Assert.Equal(20, frames[1][2], 5);
        var (mean, deviation) = ClipSimilarity.OverClips(frames);
        Assert.Equal((60, 40), (Math.Round(mean[2], 5), Math.Round(deviation[2], 5)));
    }

    [Fact]
    public void A_reconstruction_is_judged_in_bytes()
    {
        var a = Enumerable.Range(0, 2 * 16 * 16 * 3).Select(i => (byte)(i * 7 % 200)).ToArray();
        var (psnr, ssim) = ClipSimilarity.Reconstruction(a, [.. a.Select(value => (byte)(value + 5))], 2, 16, 16);
        Assert.Equal(20 * Math.Log10(255 / 5.0), psnr, 9);
        Assert.InRange(ssim, 0.9, 0.99999);
        Assert.Equal(1, ClipSimilarity.Reconstruction(a, a, 2, 16, 16).StructuralSimilarity, 12);
    }

    [Fact]
    public void A_clip_is_prepared_by_its_shorter_side_and_its_middle()
    {
        var clip = linspace(0, 1, 40).view(1, 1, 1, 40).expand(3, 5, 20, 40).contiguous();
        var prepared = FvdPreprocessing.Prepare(clip, 10, frames: 4);
        Assert.Equal([3, 4, 10, 10], prepared.shape);
        // The middle half of a ramp from −1 to 1, symmetric about 0.
        Assert.InRange(prepared[0, 0, 0, 0].item<float>(), -0.5f, -0.4f);
        Assert.Equal(0, prepared.mean().item<float>(), 5);
        Assert.True(SameBits(FvdPreprocessing.Prepare(zeros([1, 1, 8, 8]), 8), full([1, 1, 8, 8], -1f)));
    }
}
