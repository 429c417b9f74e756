using MiniSora.Model.Sampling;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Training;

public sealed class AverageMixTests : TorchTests
{
    private static readonly double[] Widths = [0.05, 0.1];

    private static EmaProfile Profile(long updates, double width) => new(updates, PowerEma.Gamma(width));

    [Fact]
    public void The_product_of_profiles_is_their_integral()
    {
        var (a, b) = (Profile(700, 0.05), Profile(1000, 0.1));
        double At(EmaProfile p, double time) => time > p.Updates ? 0 : (p.Gamma + 1) * Math.Pow(time, p.Gamma) / Math.Pow(p.Updates, p.Gamma + 1);
        const int Parts = 200_000;
        var sum = Enumerable.Range(0, Parts).Sum(i => At(a, (i + 0.5) * 1000 / Parts) * At(b, (i + 0.5) * 1000 / Parts)) * 1000 / Parts;
        Assert.Equal(sum, EmaProfile.Product(a, b), 1e-6 * sum);
        Assert.Equal(EmaProfile.Product(a, b), EmaProfile.Product(b, a), 1e-12);
    }

    [Fact]
    public void A_stored_width_is_itself_and_factors_add_up_to_one()
    {
        EmaProfile[] stored = [Profile(500, 0.05), Profile(500, 0.1), Profile(1000, 0.05), Profile(1000, 0.1)];
        var (factors, error) = AverageMix.Fit(stored, Profile(1000, 0.1));
        Assert.Equal(1, factors[3], 1e-3);
        Assert.InRange(error, 0, 1e-3);
        Assert.Equal(1, AverageMix.Fit(stored, Profile(1000, 0.17)).Factors.Sum(), 1e-9);
    }

    [Fact]
    public void More_snapshots_come_nearer_to_the_wanted_profile()
    {
        double Error(int snapshots) => AverageMix.Fit(
            [.. Enumerable.Range(1, snapshots + 1).SelectMany(i => Widths.Select(width => Profile(i * 1200 / (snapshots + 1), width)))], Profile(1200, 0.15)).Error;
        Assert.True(Error(3) < Error(0));
        Assert.True(Error(11) < Error(3));
        Assert.True(Error(11) < 0.1, $"{Error(11)}");
    }

    /// <summary>Weights that wander; the average that was never kept against the one put together afterwards.</summary>
    [Theory]
    [InlineData(0.07, 0.02)]
    [InlineData(0.12, 0.1)]
    public void A_reconstructed_average_is_the_one_that_would_have_been_kept(double width, double tolerance)
    {
        const int Steps = 2000, Snapshots = 15;
        var random = new Random(4);
        double weight = 0;
        var kept = new double[2];
        var wanted = 0.0;
        var stored = new List<(EmaProfile Profile, double Value)>();
        for (var t = 1; t <= Steps; t++)
        {
            weight += random.NextDouble() - 0.5;
            for (var i = 0; i < 2; i++)
            {
                var decay = PowerEma.Decay(PowerEma.Gamma(Widths[i]), t);
                kept[i] = decay * kept[i] + (1 - decay) * weight;
            }

            var own = PowerEma.Decay(PowerEma.Gamma(width), t);
            wanted = own * wanted + (1 - own) * weight;
            if (t % (Steps / (Snapshots + 1)) == 0)
                stored.AddRange(Enumerable.Range(0, 2).Select(i => (Profile(t, Widths[i]), kept[i])));
        }

        var (factors, _) = AverageMix.Fit([.. stored.Select(one => one.Profile)], Profile(Steps, width));
        var made = factors.Zip(stored, (factor, one) => factor * one.Value).Sum();
        var spread = Math.Abs(kept[0] - kept[1]);
        Assert.True(spread > 0.05);
        Assert.InRange(Math.Abs(made - wanted), 0, tolerance * spread + 0.01);
    }

    [Fact]
    public void Snapshots_are_taken_evenly_and_not_at_the_end()
    {
        var options = new TrainingOptions { Steps = 100, EmaSnapshots = 4 };
        Assert.Equal([20L, 40, 60, 80], Enumerable.Range(0, 101).Select(step => (long)step).Where(step => AverageSnapshots.IsDue(options, step)));
        Assert.DoesNotContain(Enumerable.Range(0, 101), step => AverageSnapshots.IsDue(options with { EmaSnapshots = 0 }, step));
    }

    [Fact]
    public void A_checkpoint_carries_them_and_samples_any_width()
    {
        using var folder = new TemporaryFolder();
        var setup = TinyRun.Setup();
        setup = setup with { Training = setup.Training with { Steps = 12, EmaSnapshots = 3 } };
        using (var first = TinyRun.New(setup))
        {
            TinyRun.Steps(first, 8);
            first.Save(folder["half"]);
            TinyRun.Steps(first, 4);
            first.Save(folder["whole"]);
            Assert.Equal([3L, 3, 6, 6, 9, 9], first.State.Averages.Kept.Select(one => one.Profile.Updates));
        }

        using var second = TinyRun.Resume(folder["half"], setup);
        TinyRun.Steps(second, 4);
        second.Save(folder["resumed"]);
        Assert.Equal(File.ReadAllBytes(folder["whole"]), File.ReadAllBytes(folder["resumed"]));

        SampleRequest[] requests = [new("a small red circle", 4)];
        byte[] Clip(VideoSampler sampler) => sampler.Sample(requests, new SamplerOptions { Steps = 2 }, null, CancellationToken.None)[0];
        using var live = second.BorrowSampler(0, 0.08);
        using var loaded = VideoSampler.Load(folder["whole"], 0, Model.Native.Placement.Cpu, emaWidth: 0.08);
        Assert.Equal(Clip(live), Clip(loaded));
        var said = Assert.Single(loaded.Warnings);
        Assert.Equal(("ema_reconstructed", "8"), (said.Code, said.Arguments["stored"]));
    }
}
