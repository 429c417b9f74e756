using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using MiniSora.Model.Text;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Sampling;

public sealed class StepCacheTests(ITestOutputHelper output) : TorchTests
{
    private const int Steps = 30;
    private static readonly BackboneOptions Options = new() { Width = 32, Depth = 3, Heads = 2, Patch = 2, TextLength = 8, TextDepth = 1 };
    private static readonly Vocabulary Words = Vocabulary.Build(["a small red circle"]);

    /// <summary>
    /// A clip's latents [1, 4, 8, 8, 8] of a random network, guided in the middle of the trajectory. It hears only the time's slow frequencies: trained
    /// networks change slowly with time, and a network that does not has nothing to skip.
    /// </summary>
    private static Tensor Draw(BlockPassage? through, long seed)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var network = new MiniSoraBackbone(Options, 8, Words.Size);
        using var weights = new Generator(2, CPU);
        using var noise = new Generator((ulong)seed, CPU);
        var flat = 0.08 * randn([network.Layout.Length], generator: weights);
        var time = network.Layout.Named(flat).Single(entry => entry.Name == "t_embedder.fc1.weight").View;
        const int Fast = 74; // 1000 · 10000^(−74/128) is 4.9 radians over a trajectory
        time.narrow(1, 0, Fast).zero_();
        time.narrow(1, time.shape[1] / 2, Fast).zero_();
        using var views = ParameterViews.Keep(network.Layout, flat, ScalarType.Float32);
        var field = new GuidedVelocity(
            network, views, Prediction.Velocity, new SamplerOptions { Steps = Steps }, new bool[4], Words.Encode("a small red circle", 8), Vocabulary.EncodeNull(8), CPU)
        {
            Through = through,
        };
        return OdeSolver.Integrate(SolverKind.Euler, randn([1, 4, 8, 8, 8], generator: noise), Steps, 3, field.At, _ => { }).MoveToOuterDisposeScope();
    }

    private static double Factor()
    {
        using var calibration = new StepCacheCalibration();
        for (var seed = 0; seed < 2; seed++)
        {
            calibration.StartTrajectory();
            Draw(calibration.Through, 100 + seed);
        }

        return calibration.Factor;
    }

    private static double Psnr(Tensor got, Tensor want)
    {
        var range = (want.max() - want.min()).ToDouble();
        return 10 * Math.Log10(range * range / (got - want).square().mean().ToDouble());
    }

    /// <summary>Mean structural similarity over windows of 4 × 4 of every frame and channel.</summary>
    private static double Ssim(Tensor got, Tensor want)
    {
        Tensor Windows(Tensor x) => x.flatten(0, 2).unfold(1, 4, 1).unfold(2, 4, 1).flatten(3);
        var range = (want.max() - want.min()).ToDouble();
        double c1 = Math.Pow(0.01 * range, 2), c2 = Math.Pow(0.03 * range, 2);
        var (a, b) = (Windows(got), Windows(want));
        var (ma, mb) = (a.mean([-1]), b.mean([-1]));
        var (va, vb) = (a.var(-1, false), b.var(-1, false));
        var cross = (a * b).mean([-1]) - ma * mb;
        return ((2 * ma * mb + c1) * (2 * cross + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean().ToDouble();
    }

    [Fact]
    public void Threshold_zero_computes_everything_and_changes_nothing()
    {
        using var cache = new StepCache(0, 1, Steps);
        Assert.True(SameBits(Draw(null, 1), Draw(cache.Through, 1)));
        Assert.Equal((Steps, 0), (cache.Computed, cache.Skipped));
    }

    [Fact]
    public void Skipping_saves_blocks_and_stays_near_the_full_result()
    {
        var factor = Factor();
        var full = Draw(null, 1);
        var last = (Skipped: -1, Psnr: double.PositiveInfinity);
        foreach (var threshold in new[] { 0.02, 0.1, 0.4 })
        {
            using var cache = new StepCache(threshold, factor, Steps);
            var cached = Draw(cache.Through, 1);
            var (psnr, ssim) = (Psnr(cached, full), Ssim(cached, full));
            output.WriteLine(FormattableString.Invariant($"factor {factor:0.00}, threshold {threshold}: {cache.Computed} of {Steps} evaluations, PSNR {psnr:0.0} dB, SSIM {ssim:0.0000}"));
            Assert.Equal(Steps, cache.Computed + cache.Skipped);
            Assert.True(cache.Skipped > last.Skipped);
            Assert.True(psnr <= last.Psnr);
            last = (cache.Skipped, psnr);
        }

        Assert.True(last.Skipped > Steps / 4);
        Assert.True(last.Psnr > 20);
    }

    [Fact]
    public void First_and_last_evaluation_are_always_computed()
    {
        using var cache = new StepCache(1e9, 1, 5);
        var x = ones(1, 1, 2, 3);
        var ran = Enumerable.Range(0, 5).Select(_ =>
        {
            var before = cache.Computed;
            cache.Through(x, x, tokens => tokens * 2);
            return cache.Computed > before;
        });
        Assert.Equal([true, false, false, false, true], ran);
    }

    [Fact]
    public void A_skipped_evaluation_adds_what_the_blocks_last_added()
    {
        using var cache = new StepCache(1e9, 1, 5);
        cache.Through(ones(2), ones(2), tokens => tokens + 3);
        Assert.Equal(13, cache.Through(full([2], 10.0f), ones(2), _ => throw new InvalidOperationException("must not run"))[0].ToSingle());
    }

    [Fact]
    public void Another_batch_is_computed_anew()
    {
        using var cache = new StepCache(1e9, 1, 9);
        cache.Through(ones(1, 2), ones(1, 2), tokens => tokens + 3);
        cache.Through(ones(2, 2), ones(2, 2), tokens => tokens + 3);
        Assert.Equal((2, 0), (cache.Computed, cache.Skipped));
    }

    [Fact]
    public void The_change_that_is_let_pass_adds_up()
    {
        using var cache = new StepCache(0.25, 1, 100);
        double value = 1;
        for (var i = 0; i < 9; i++, value *= 1.1)
            cache.Through(ones(2), full([2], value), tokens => tokens + 1);
        Assert.Equal(3, cache.Computed); // each change is 0.1: two are let pass, the third makes 0.3
    }

    [Fact]
    public void Calibration_finds_the_factor_of_a_linear_network()
    {
        using var calibration = new StepCacheCalibration();
        foreach (var value in new[] { 1.0, 1.1, 1.3, 1.2 })
            calibration.Through(zeros(2), full([2], value), tokens => tokens + value);
        Assert.Equal(1, calibration.Factor, 1e-5);
        Assert.Equal(3, calibration.Pairs);
    }
}
