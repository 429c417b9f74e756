using MiniSora.Model.Backbones;
using MiniSora.Model.Cascade;
using MiniSora.Model.Sampling;
using MiniSora.Model.Tests.Systems;
using MiniSora.Model.Tests.Training;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Sampling;

/// <summary>Looking on while clips are drawn, through every system and solver there is.</summary>
public sealed class SampleStepTests : TorchTests
{
    public static TheoryData<string, SolverKind> Ways => new()
    {
        { "minisora", SolverKind.Euler },
        { "minisora", SolverKind.Heun },
        { "dit label", SolverKind.Ddpm },
        { "latte text", SolverKind.Ddim },
        { "latte late", SolverKind.Ddim },
        { "latte text", SolverKind.Dpmpp2m },
        { "dit label", SolverKind.Unipc },
        { "sit gvp noise", SolverKind.Heun },
        { "sit linear", SolverKind.Dopri5 },
        { "latte sequential", SolverKind.Sde },
        { "latte parallel", SolverKind.Euler },
        { "cascade", SolverKind.Auto },
    };

    private static readonly SampleRequest[] Requests = [new("red circle", 4), new("", 5)];

    private static ITrainer Trained(string name)
    {
        var setup = name == "minisora" ? TinyRun.Setup() : name == "cascade" ? Cascade() : TinySystem.Setup(name);
        var trainer = Trainers.Create(setup, null, CancellationToken.None);
        while (!trainer.CanSample || trainer.StepNumber < 6)
            trainer.Step();
        return trainer;
    }

    private static TrainerSetup Cascade() => TinyRun.Setup() with
    {
        Model = TinyRun.Setup().Model with { Network = NetworkKind.Cascade },
        Training = TinyRun.Setup().Training with { Steps = 6, Batch = 2 },
        Cascade = new CascadeOptions { CodecShare = 0.34, DecoderShare = 0.33, CodecWidth = 16, SemanticWidth = 16, DecoderWidth = 16, PriorWidth = 32, TextWidth = 16, CodebookSize = 8 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Whoever_looks_on_changes_no_byte_of_the_clips_and_leaves_no_tensor_behind(string name, SolverKind solver)
    {
        using var trainer = Trained(name);
        using var sampler = trainer.BorrowSampler(0);
        var options = new SamplerOptions { Solver = solver, Steps = 4, GuidanceLow = 0, GuidanceHigh = 1 };
        var alone = sampler.Draw(Requests, options, null, CancellationToken.None);
        var seen = new List<SampleStep>();
        var looks = new List<PixelClip>();
        void Look(SampleStep step)
        {
            seen.Add(step);
            looks.Add(step.Look());
        }

        var watched = sampler.Draw(Requests, options, null, CancellationToken.None, Look);
        Assert.Equal(alone.Select(clip => Convert.ToHexString(clip.Pixels)), watched.Select(clip => Convert.ToHexString(clip.Pixels)));

        // Of both clips, in their order, each step once and towards less noise.
        Assert.Equal(Requests.Length, seen.Select(step => step.Clip).Distinct().Count());
        foreach (var clip in seen.GroupBy(step => step.Clip))
        {
            Assert.Equal(Enumerable.Range(1, clip.Count()), clip.Select(step => step.Step));
            Assert.All(clip, step => Assert.InRange(step.Step, 1, step.Steps));
            Assert.InRange(clip.Count(), 2, name == "cascade" ? 6 : solver == SolverKind.Dopri5 ? 200 : 4);
        }

        Assert.All(looks, look => Assert.Equal((sampler.Height, sampler.Width, look.Frames * look.Height * look.Width * 3), (look.Height, look.Width, look.Pixels.Length)));

        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        sampler.Draw(Requests, options, null, CancellationToken.None, Look);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void The_estimate_comes_to_be_the_clip()
    {
        using var trainer = Trained("minisora");
        using var sampler = trainer.BorrowSampler(0);
        var looks = new List<PixelClip>();
        var clip = sampler.Draw([Requests[0]], new SamplerOptions { Steps = 12 }, null, CancellationToken.None, step => looks.Add(step.Look()))[0];
        var differences = looks.Select(look => SmoothProcess.Difference(look, clip)).ToList();
        Assert.Equal(12, differences.Count);
        // Euler's last step goes where the estimate points to.
        Assert.Equal(0, differences[^1]);
        Assert.True(differences[0] > differences[6] && differences[6] > differences[10], string.Join(", ", differences));
    }

    [Fact]
    public void Steps_of_a_clip_that_is_extended_twice_are_counted_over_both_windows()
    {
        using var trainer = Trained("minisora");
        using var sampler = trainer.BorrowSampler(0);
        var source = new PixelClip([.. Enumerable.Range(0, 8 * 16 * 16 * 3).Select(i => (byte)i)], 8, 16, 16);
        var steps = new List<(int, int)>();
        sampler.Draw([new("", 1, new ExtendForward(source, 4, 2))], new SamplerOptions { Steps = 3 }, null, CancellationToken.None, step => steps.Add((step.Step, step.Steps)));
        Assert.Equal([(1, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 6)], steps);
    }
}
