using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Tests.Specs;

public sealed class SpecValidatorTests
{
    private static readonly TrainingSpec Good = new() { Name = "x" };
    private static readonly SamplingSpec GoodSampling = new() { Name = "x", Checkpoint = "c", Prompt = "a heart" };

    [Fact]
    public void The_defaults_with_a_name_can_run()
    {
        Assert.Empty(SpecValidator.Validate(Good, SpecContext.Nothing));
        Assert.Empty(SpecValidator.Validate(GoodSampling, SpecContext.Nothing));
    }

    [Fact]
    public void Every_recipe_can_run()
    {
        Assert.Equal(["cascade-shapes", "dit-shapes", "eval-encoder", "latte-shapes", "score-shapes", "shapes-any-size", "sit-shapes", "smoke", "tiny-emoji", "tiny-shapes"], Recipes.All.Select(recipe => recipe.Id));
        foreach (var recipe in Recipes.All)
            Assert.Empty(SpecValidator.Validate(recipe.Spec, SpecContext.Nothing));
    }

    [Theory]
    [InlineData("training.steps=0", "spec.out_of_range", "training.steps")]
    [InlineData("data.frames=3", "spec.not_multiple", "data.frames")]
    [InlineData("name= ", "spec.text_empty", "name")]
    [InlineData("training.ema_widths=[]", "spec.too_few", "training.ema_widths")]
    [InlineData("training.ema_widths=[0.05, 0.1, 0.2]", "spec.too_many", "training.ema_widths")]
    [InlineData("preview.prompts=['']", "spec.empty_prompt", "preview.prompts")]
    [InlineData("device=tpu", "spec.device_unknown", "device")]
    [InlineData("model.heads=3", "spec.heads_divide_width", "model.heads")]
    [InlineData("model.patch=3", "spec.patch_divides_latent", "model.patch")]
    [InlineData("training.final_learning_rate=0.5", "spec.final_rate_above_peak", "training.final_learning_rate")]
    [InlineData("preview.sampler.guidance_low=0.99", "spec.guidance_interval", "preview.sampler.guidance_low")]
    [InlineData("preview.sampler.ema=0.2", "spec.ema_not_trained", "preview.sampler.ema")]
    [InlineData("data.size=48", "spec.dataset_size", "data.size")]
    [InlineData("data.buckets=[32x32]", "spec.bucket_format", "data.buckets")]
    [InlineData("data.buckets=[15x32x32]", "spec.bucket_size", "data.buckets")]
    [InlineData("data.buckets=[16x36x32]", "spec.bucket_size", "data.buckets")]
    [InlineData("data.buckets=[16x40x48]", "spec.bucket_drawn", "data.buckets")]
    [InlineData("data.dataset=nix", "spec.dataset_unknown", "data.dataset")]
    [InlineData("data.dataset=emoji", "spec.dataset_missing", "data.dataset")]
    [InlineData("training.batch=4096", "spec.batch_too_large_for_machine", "training.batch")]
    public void Each_rule_of_training_has_its_code(string change, string code, string path)
    {
        var problems = new List<SpecProblem>();
        var spec = SpecOverride.Apply(Good, change, problems);
        Assert.Empty(problems);
        var context = new SpecContext { KnownDatasets = new HashSet<string> { "shapes", "emoji" }, ReadyDatasets = new HashSet<string> { "shapes" }, MachineMemoryBytes = 4L << 30 };

        Assert.Equal((code, path), Assert.Single(SpecValidator.Validate(spec, context).Select(problem => (problem.Code, problem.Path))));
    }

    [Theory]
    [InlineData("prompt= ", "spec.empty_prompt")]
    [InlineData("task=image_to_video", "spec.image_required")]
    [InlineData("task=extend_forward", "spec.video_required")]
    [InlineData("input.strength=0", "spec.out_of_range")]
    [InlineData("size.frames=5", "spec.not_multiple")]
    [InlineData("checkpoint=", "spec.text_empty")]
    [InlineData("checkpoint=gone", "spec.checkpoint_missing")]
    [InlineData("sampler.ema=0.2", "spec.ema_not_trained")]
    public void Each_rule_of_sampling_has_its_code(string change, string code)
    {
        var spec = SpecOverride.Apply(GoodSampling, change, []);
        var context = new SpecContext { CheckpointExists = name => name == "c", Source = Good };

        Assert.Equal(code, Assert.Single(SpecValidator.Validate(spec, context)).Code);
    }

    [Fact]
    public void An_image_that_is_gone_is_named()
    {
        var spec = GoodSampling with { Task = SamplingTask.ImageToVideo, Image = "gone.png" };

        Assert.Equal("spec.image_missing", Assert.Single(SpecValidator.Validate(spec, new SpecContext { ImageExists = _ => false })).Code);
    }

    [Fact]
    public void All_reasons_come_at_once()
    {
        var spec = GoodSampling with { Prompt = new string('x', 10_000), Clips = 0, Device = "tpu", Seed = -1 };

        Assert.Equal(
            ["seed: spec.out_of_range", "prompt: spec.text_too_long", "clips: spec.out_of_range", "device: spec.device_unknown"],
            SpecValidator.Validate(spec, SpecContext.Nothing).Select(problem => $"{problem.Path}: {problem.Code}"));
    }

    [Fact]
    public void A_batch_that_is_too_large_is_answered_with_one_that_fits()
    {
        var context = new SpecContext { MachineMemoryBytes = 2L << 30 };
        var spec = Good with { Training = Good.Training with { Batch = 2000 } };
        var problem = Assert.Single(SpecValidator.Validate(spec, context));
        var fits = int.Parse(problem.Arguments["fits"], System.Globalization.CultureInfo.InvariantCulture);

        Assert.InRange(fits, 1, 1999);
        Assert.Empty(SpecValidator.Validate(spec with { Training = spec.Training with { Batch = fits } }, context));
        Assert.NotEmpty(SpecValidator.Validate(spec with { Training = spec.Training with { Batch = fits + 1 } }, context));
    }

    [Fact]
    public void A_task_names_everything_it_lacks_at_once()
    {
        var spec = GoodSampling with
        {
            Task = SamplingTask.Connect,
            Input = new() { SecondVideo = "gone.mp4", GivenFrames = 8 },
            Size = new() { Height = 20 },
        };
        var context = new SpecContext { VideoExists = _ => false, Source = Good };
        Assert.Equal(
            [("size.height", "spec.not_multiple"), ("input.given_frames", "spec.given_too_many"), ("input.video", "spec.video_required"), ("input.second_video", "spec.video_missing")],
            SpecValidator.Validate(spec, context).Select(problem => (problem.Path, problem.Code)));
    }

    [Theory]
    [InlineData(SamplingTask.ExtendForward, 14, true)]
    [InlineData(SamplingTask.ExtendForward, 15, false)]
    [InlineData(SamplingTask.Connect, 6, true)]
    [InlineData(SamplingTask.Connect, 7, false)]
    public void What_is_shown_leaves_something_to_make(SamplingTask task, int given, bool fits)
    {
        var spec = GoodSampling with { Task = task, Input = new() { Video = "a", SecondVideo = "b", GivenFrames = given } };
        Assert.Equal(fits, SpecValidator.Validate(spec, new SpecContext { Source = Good }).Count == 0);
    }

    [Theory]
    [InlineData("text_to_video", "")]
    [InlineData("image_to_video", "image")]
    [InlineData("extend_backward", "input.video input.given_frames input.windows")]
    [InlineData("loop_bridge", "input.video input.given_frames")]
    [InlineData("loop_circular", "")]
    [InlineData("connect", "input.video input.second_video input.second_prompt input.passage input.given_frames")]
    [InlineData("edit", "input.video input.strength input.departure")]
    public void A_form_asks_for_what_the_task_needs(string task, string paths)
    {
        var shown = SpecSchema.Sampling.Select(field => field.Path)
            .Where(path => (path == "image" || path.StartsWith("input.", StringComparison.Ordinal)) && SpecRelevance.Matters(SpecKind.Sampling, path, other => other == "task" ? task : ""));
        Assert.Equal(paths, string.Join(' ', shown));
    }

    [Theory]
    [InlineData("24x48x32", 24, 48, 32, 1)]
    [InlineData(" 8 × 32 × 48 * 2 ", 8, 32, 48, 2)]
    public void A_shape_of_clips_is_read_as_people_write_it(string text, int frames, int height, int width, int share) =>
        Assert.Equal(new BucketText(new(frames, height, width), share), BucketText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("16x32")]
    [InlineData("16x32x32*0")]
    [InlineData("ax32x32")]
    public void What_is_no_shape_is_none(string text) => Assert.Null(BucketText.Parse(text));
}
