using MiniSora.Model.Cascade;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Cascade;

public sealed class GdfTests : TorchTests
{
    [Theory]
    [InlineData(nameof(DiffusionTarget.Epsilon))]
    [InlineData(nameof(DiffusionTarget.Image))]
    [InlineData(nameof(DiffusionTarget.Velocity))]
    public void The_right_answer_gives_image_and_noise_back(string target)
    {
        var gdf = new Gdf { Target = Enum.Parse<DiffusionTarget>(target) };
        var (image, noise) = (randn(3, 2, 4, 4), randn(3, 2, 4, 4));
        var noised = gdf.Diffuse(image, noise, [-3, 0.5f, 4]);
        var (imageBack, noiseBack) = gdf.Undiffuse(noised.Noised, noised.LogSnr, noised.Target);
        Assert.True(LargestDifference(image, imageBack) < 1e-4);
        Assert.True(LargestDifference(noise, noiseBack) < 1e-4);
    }

    [Fact]
    public void The_straight_path_undoes_itself_under_its_own_scaler()
    {
        var gdf = new Gdf { Target = DiffusionTarget.RectifiedFlow, Scaler = new InterpolatingScaler(), Schedule = new RectifiedFlowSchedule() };
        var (image, noise) = (randn(2, 2, 4, 4), randn(2, 2, 4, 4));
        var noised = gdf.Diffuse(image, noise, [gdf.Schedule.At(0.3f), gdf.Schedule.At(0.8f)]);
        Assert.True(LargestDifference(image, gdf.Undiffuse(noised.Noised, noised.LogSnr, noised.Target).Image) < 1e-4);
    }

    [Fact]
    public void The_condition_is_the_time_of_the_unshifted_schedule()
    {
        var (schedule, condition) = (new CosineSchedule(), new CosineCondition());
        foreach (var t in new[] { 0.1f, 0.4f, 0.9f })
        {
            Assert.Equal(t, condition.At(schedule.At(t)), 1e-4);
            Assert.True(condition.At(schedule.At(t, 2)) > t);
            Assert.Equal(t, new CosineCondition { Shift = 2 }.At(schedule.At(t, 2)), 1e-3);
        }
    }

    [Theory]
    [InlineData(nameof(GdfStepper.Ddim), 1e-4)]
    [InlineData(nameof(GdfStepper.Ddpm), 0.05)]
    [InlineData(nameof(GdfStepper.Lcm), 0.05)]
    public void A_network_that_knows_the_image_ends_at_the_image(string stepper, double tolerance)
    {
        var image = randn(1, 2, 3, 3);
        var gdf = new Gdf { Target = DiffusionTarget.Image };
        var sample = GdfSampler.Run(gdf, (_, _, _) => image.alias(), randn(1, 2, 3, 3), new GdfSampling { Stepper = Enum.Parse<GdfStepper>(stepper), Guidance = null }, _ => randn(1, 2, 3, 3));
        // At the schedule's end one hundredth of noise is left.
        Assert.True(LargestDifference(image, sample) < 0.01 * 4 + tolerance);
    }

    [Fact]
    public void Guidance_outside_its_interval_is_not_asked_for()
    {
        var asked = new List<(float Level, bool Conditional)>();
        GdfSampler.Run(new Gdf(), (x, level, conditional) =>
        {
            asked.Add((level[0].ToSingle(), conditional));
            return x * 0.5;
        }, randn(1, 1, 2, 2), new GdfSampling { Steps = 10, GuidanceFrom = 0.75, GuidanceUntil = 0.35 }, _ => randn(1, 1, 2, 2));
        Assert.All(asked.Where(call => !call.Conditional), call => Assert.InRange(call.Level, 0.35f, 0.75f));
        Assert.Equal(4, asked.Count(call => !call.Conditional));
        Assert.Equal(10, asked.Count(call => call.Conditional));
    }

    [Fact]
    public void Rescaling_each_sample_makes_it_independent_of_its_neighbours()
    {
        var (start, noise) = (randn(3, 1, 4, 4), randn(3, 1, 4, 4));
        Tensor Run(long first, long count) => GdfSampler.Run(
            new Gdf { Target = DiffusionTarget.Velocity }, (x, level, conditional) => conditional ? x * 0.7 + 0.2 : x.sin(), start.narrow(0, first, count),
            new GdfSampling { Steps = 5, RescaleEach = true }, _ => noise.narrow(0, first, count));
        Assert.True(LargestDifference(Run(0, 3).narrow(0, 1, 1), Run(1, 1)) < 1e-6);
    }

    [Fact]
    public void Drawn_levels_stay_within_the_limits_and_repeat_for_a_seed()
    {
        foreach (var schedule in new LogSnrSchedule[] { new CosineSchedule(), new TangentSchedule(), new SquareRootSchedule(), new RectifiedFlowSchedule(), new EdmSampleSchedule(), new LinearSchedule(), new StableDiffusionSchedule() })
        {
            var (first, second) = (new SplitMix64(4), new SplitMix64(4));
            var values = Enumerable.Range(0, 200).Select(_ => schedule.Draw(ref first, 2)).ToList();
            Assert.Equal(values, Enumerable.Range(0, 200).Select(_ => schedule.Draw(ref second, 2)).ToList());
            Assert.All(values, value => Assert.InRange(value, schedule.Limits!.Value.Min, schedule.Limits.Value.Max));
            Assert.True(values.Distinct().Count() > 100);
        }
    }

    [Fact]
    public void Adaptive_draws_prefer_buckets_of_high_loss()
    {
        var schedule = new AdaptiveTrainSchedule(buckets: 4);
        schedule.Update([-7, -7, 7], [9, 9, 0], 0.0);
        var random = new SplitMix64(3);
        var values = Enumerable.Range(0, 400).Select(_ => schedule.Draw(ref random)).ToList();
        Assert.True(values.Count(value => value < -5) > 250);
        Assert.Equal(0, values.Count(value => value > 5));
    }
}
