using MiniSora.Jobs.Specs;
using MiniSora.Model.Backbones;
using MiniSora.Model.Cascade;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;

namespace MiniSora.Jobs.Tests.Specs;

public sealed class SystemRulesTests
{
    private static readonly TrainingSpec Dit = (TrainingSpec)Recipes.Find("dit-shapes")!.Spec;
    private static readonly TrainingSpec Shapes = (TrainingSpec)Recipes.Find("tiny-shapes")!.Spec with { Model = new BackboneOptions() };
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
    [InlineData("training.devices=64", "spec.devices_over_batch", "training.devices")]
    [InlineData("preview.sampler.ema_width=0.005", "spec.ema_width_small", "preview.sampler.ema_width")]
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
    public void Blocks_must_be_left_after_the_mixer_only_where_tokens_are_dropped()
    {
        Assert.Equal("spec.mask_mixer_depth", Assert.Single(Problems(Dit, "training.mask_ratio=0.5", "training.mask_mixer_blocks=6")).Code);
        Assert.Empty(Problems(Dit, "training.mask_mixer_blocks=6"));
        Assert.Empty(Problems(Dit, "training.mask_ratio=0.5", "training.activations=recompute", "objective.weighting=adaptive", "training.ema_snapshots=8"));
    }

    [Fact]
    public void Blocks_over_cells_need_every_token()
    {
        Assert.Equal("spec.mask_with_local", Assert.Single(Problems(Shapes, "training.mask_ratio=0.5", "model.local_width=32")).Code);
        Assert.Empty(Problems(Shapes, "model.local_width=32"));
        Assert.Empty(Problems(Shapes, "training.mask_ratio=0.5"));
    }

    [Fact]
    public void An_adaptive_solver_takes_no_step_cache()
    {
        Assert.Equal("spec.cache_adaptive", Assert.Single(Problems(Sit, "preview.sampler.solver=dopri5", "preview.sampler.step_cache=0.1")).Code);
        Assert.Empty(Problems(Sit, "preview.sampler.solver=heun", "preview.sampler.step_cache=0.1", "preview.sampler.ema_width=0.07", "preview.sampler.ema=0.5"));
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

    [Theory]
    [InlineData("cascade.decoder_share=0.8", "spec.cascade_shares", "cascade.decoder_share")]
    [InlineData("cascade.heads=5", "spec.cascade_heads", "cascade.decoder_width cascade.prior_width cascade.text_width")]
    [InlineData("model.conditioning=label", "spec.conditioning_unfit", "model.conditioning")]
    [InlineData("preview.sampler.solver=heun", "spec.solver_unfit", "preview.sampler.solver")]
    public void A_cascade_has_rules_of_its_own(string change, string code, string paths)
    {
        var cascade = (TrainingSpec)Recipes.Find("cascade-shapes")!.Spec;
        Assert.Empty(Problems(cascade));
        // What other networks need is no concern of it.
        Assert.Empty(Problems(cascade, "model.heads=7", "codec.kind=kl", "objective.kind=diffusion"));
        Assert.Equal(paths.Split(' ').Select(path => (code, path)), Problems(cascade, change));
    }

    [Theory]
    [InlineData("", "spec.weights_required", "codec.weights")]
    [InlineData("codec.weights=nowhere", "spec.weights_missing", "codec.weights")]
    [InlineData("codec.weights=t5", "spec.weights_other", "codec.weights")]
    [InlineData("codec.weights=vae|data.size=16|model.patch=4", "spec.patch_divides_latent", "model.patch")]
    [InlineData("codec.weights=vae|model.conditioning=text|model.text_encoder=t5|preview.prompts=[]", "spec.weights_required", "model.text_weights")]
    [InlineData("codec.weights=vae|model.text_encoder=t5", "spec.text_encoder_unfit", "model.text_encoder")]
    public void Imported_weights_must_be_there_and_fit(string changes, string code, string path)
    {
        var context = new SpecContext
        {
            Weights = name => name switch
            {
                "vae" => new WeightsDescription(WeightsUse.Kl, 8, 4),
                "t5" => new WeightsDescription(WeightsUse.T5, 0, 512),
                _ => null,
            },
        };
        var problems = new List<SpecProblem>();
        var spec = changes.Split('|', StringSplitOptions.RemoveEmptyEntries).Prepend("codec.kind=kl").Aggregate(Latte, (spec, change) => SpecOverride.Apply(spec, change, problems));
        Assert.Empty(problems);
        Assert.Equal((code, path), Assert.Single(SpecValidator.Validate(spec, context).Select(problem => (problem.Code, problem.Path))));
    }

    [Theory]
    // As the networks themselves count, with a hundred words.
    [InlineData(CascadeMedium.Clips, 4_817_296)]
    [InlineData(CascadeMedium.Images, 3_856_912)]
    public void A_cascades_weights_are_counted_within_a_few_percent(CascadeMedium medium, long exact)
    {
        var cascade = (TrainingSpec)Recipes.Find("cascade-shapes")!.Spec;
        var spec = cascade with { Cascade = cascade.Cascade with { Medium = medium } };
        Assert.InRange(RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated).Parameters / (double)exact, 0.95, 1.05);
    }

    [Fact]
    public void A_form_shows_what_matters()
    {
        bool Shown(TrainingSpec spec, string path) =>
            SpecRelevance.Matters(SpecKind.Training, path, at => SpecSchema.Find(SpecKind.Training, at) is { } field ? field.Format(field.Get(spec)) : "");
        Assert.True(Shown(Latte, "model.variant") && Shown(Dit, "objective.variance") && Shown(Sit, "objective.path"));
        var cascade = (TrainingSpec)Recipes.Find("cascade-shapes")!.Spec;
        Assert.True(Shown(cascade, "cascade.prior_width") && Shown(cascade, "model.text_length") && Shown(cascade, "training.batch") && Shown(cascade, "preview.every_seconds"));
        Assert.False(Shown(cascade, "codec.kind") || Shown(cascade, "model.width") || Shown(cascade, "objective.kind") || Shown(Latte, "cascade.prior_width") || Shown(Latte, "codec.weights"));
        var imported = Latte with { Codec = Latte.Codec with { Kind = MiniSora.Model.Autoencoders.CodecKind.Kl } };
        Assert.True(Shown(imported, "codec.weights") && !Shown(imported, "codec.channels") && !Shown(imported, "codec.whitening"));
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
