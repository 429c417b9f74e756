using MiniSora.Jobs.Specs;
using MiniSora.Model.Backbones;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Tests.Specs;

public sealed class SystemRulesTests
{
    private static readonly TrainingSpec Dit = (TrainingSpec)Recipes.Find("dit-shapes")!.Spec;
    private static readonly TrainingSpec Sit = (TrainingSpec)Recipes.Find("sit-shapes")!.Spec;
    private static readonly TrainingSpec Latte = (TrainingSpec)Recipes.Find("latte-shapes")!.Spec;

    private static IEnumerable<(string Code, string Path)> Problems(TrainingSpec spec, params string[] changes)
    {
        var problems = new List<SpecProblem>();
        foreach (var change in changes)
            spec = SpecOverride.Apply(spec, change, problems);
        Assert.Empty(problems);
        return SpecValidator.Validate(spec, SpecContext.Nothing).Select(problem => (problem.Code, problem.Path));
    }

    [Theory]
    [InlineData("model.conditioning=text", "spec.conditioning_unfit", "model.conditioning")]
    [InlineData("objective.prediction=score", "spec.prediction_unfit", "objective.prediction")]
    [InlineData("objective.noise_schedule=zero_terminal", "spec.noise_without_signal", "objective.prediction")]
    [InlineData("model.image_frames=2", "spec.images_unfit", "model.image_frames")]
    [InlineData("preview.sampler.solver=heun", "spec.solver_unfit", "preview.sampler.solver")]
    [InlineData("preview.prompts=['purple cow']", "spec.class_unknown", "preview.prompts")]
    [InlineData("training.accumulation=64", "spec.accumulation_over_batch", "training.accumulation")]
    [InlineData("preview.sampler.ema=0.999", "spec.ema_not_trained", "preview.sampler.ema")]
    public void Each_rule_between_settings_has_its_code(string change, string code, string path) =>
        Assert.Equal((code, path), Assert.Single(Problems(Dit, change)));

    [Fact]
    public void All_reasons_are_said_at_once()
    {
        Assert.Equal(
            ["spec.objective_unfit", "spec.conditioning_unfit", "spec.prediction_unfit", "spec.solver_unfit"],
            Problems(new TrainingSpec { Name = "x" }, "objective.kind=interpolant", "model.conditioning=label", "preview.sampler.solver=ddpm").Select(problem => problem.Code));
        Assert.Equal(
            ["spec.objective_unfit", "spec.conditioning_unfit"],
            Problems(new TrainingSpec { Name = "x" }, "model.network=dit").Select(problem => problem.Code));
    }

    [Fact]
    public void Variants_of_pairs_need_an_even_depth()
    {
        Assert.Equal("spec.depth_uneven", Assert.Single(Problems(Latte, "model.depth=7")).Code);
        Assert.Empty(Problems(Latte, "model.depth=7", "model.variant=parallel_attention"));
        Assert.Equal("spec.images_unfit", Assert.Single(Problems(Latte, "model.variant=sequential_attention", "model.image_frames=4")).Code);
    }

    [Fact]
    public void The_constant_decay_can_be_chosen_for_sampling() => Assert.Empty(Problems(Dit, "preview.sampler.ema=0.9999"));

    [Theory]
    [InlineData("sampler.solver=heun", "spec.solver_unfit")]
    [InlineData("prompt=purple cow", "spec.class_unknown")]
    public void The_checkpoint_decides_what_sampling_may(string change, string code)
    {
        var spec = new SamplingSpec { Name = "x", Checkpoint = "c", Prompt = "red circle" };
        Assert.Empty(SpecValidator.Validate(spec, new SpecContext { Source = Dit }));
        Assert.Equal(code, Assert.Single(SpecValidator.Validate(SpecOverride.Apply(spec, change, []), new SpecContext { Source = Dit })).Code);
    }

    [Fact]
    public void A_network_that_is_told_nothing_needs_no_prompt_and_takes_no_image()
    {
        var source = Sit with { Model = Sit.Model with { Conditioning = ConditioningKind.None } };
        var spec = new SamplingSpec { Name = "x", Checkpoint = "c" };
        Assert.Empty(SpecValidator.Validate(spec, new SpecContext { Source = source }));
        var image = spec with { Task = SamplingTask.ImageToVideo, Image = "x.png" };
        Assert.Equal("spec.task_unfit", Assert.Single(SpecValidator.Validate(image, new SpecContext { Source = source })).Code);
    }

    [Fact]
    public void A_form_shows_what_matters()
    {
        bool Shown(TrainingSpec spec, string path) =>
            SpecRelevance.Matters(SpecKind.Training, path, at => SpecSchema.Find(SpecKind.Training, at) is { } field ? field.Format(field.Get(spec)) : "");
        Assert.True(Shown(Latte, "model.variant") && Shown(Dit, "objective.variance") && Shown(Sit, "objective.path"));
        Assert.False(Shown(Dit, "model.variant") || Shown(Sit, "objective.variance") || Shown(Dit, "objective.masked_fraction") || Shown(Dit, "model.text_length"));
    }

    [Theory]
    // The original's counts of trainable numbers (1,000 classes and the null class); here there are 48 and the same null class.
    [InlineData("dit", "interleaved", 12, 384, 6, 32_865_056 - (1001 - 49) * 384)]
    public void Parameters_are_the_originals(string network, string variant, int depth, int width, int heads, long expected)
    {
        var spec = Dit;
        foreach (var change in (string[])[$"model.network={network}", $"model.variant={variant}", $"model.depth={depth}", $"model.width={width}", $"model.heads={heads}", "codec.channels=4"])
            spec = SpecOverride.Apply(spec, change, []);
        Assert.Equal(expected, RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated).Parameters);
    }

    [Fact]
    public void The_cost_of_the_papers_networks_is_known()
    {
        // models.md §1.1 and §6.3: multiply-accumulates of DiT-S/2 at 32² latents, and of Latte-S/2 on 16 frames of 16² latents; a step is six of each.
        var small = Dit with { Data = Dit.Data with { Size = 128 }, Codec = Dit.Codec with { Channels = 4 }, Model = Dit.Model with { Depth = 12, Width = 384, Heads = 6 }, Training = new TrainingOptions { Batch = 1 } };
        Assert.Equal(6.06, RunEstimator.EstimateTraining(small, Calibration.Uncalibrated).FlopsPerStep / 6e9, 0.03);
        var latte = Latte with { Data = Latte.Data with { Size = 64, Frames = 32 }, Codec = small.Codec, Model = Latte.Model with { Depth = 12, Width = 384, Heads = 6 }, Training = small.Training };
        Assert.Equal(22.2, RunEstimator.EstimateTraining(latte, Calibration.Uncalibrated).FlopsPerStep / 6e9, 0.2);
    }
}
