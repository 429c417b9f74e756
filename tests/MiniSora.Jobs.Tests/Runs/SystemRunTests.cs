using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class SystemRunTests
{
    private static readonly string[] Small =
    [
        "data.size=16", "codec.channels=8", "model.width=32", "model.depth=2", "model.heads=2", "training.batch=2", "training.steps=6", "training.precision=fp32",
        "cascade.codec_width=16", "cascade.semantic_width=16", "cascade.decoder_width=16", "cascade.prior_width=32", "cascade.text_width=16",
        "preview.prompts=['red circle']", "preview.sampler.steps=2",
    ];

    [Theory]
    [InlineData("dit-shapes")]
    [InlineData("sit-shapes")]
    [InlineData("latte-shapes")]
    [InlineData("cascade-shapes")]
    public async Task A_recipe_of_each_network_trains_and_samples(string recipe)
    {
        using var training = new RunStage(RunStage.Changed(recipe, Small));
        await training.ExecuteAsync();
        var trained = training.Ledger.Of(1);
        Assert.Equal(("completed", 6L), (Assert.IsType<RunFinished>(trained[^1]).Reason, ((RunFinished)trained[^1]).Step));
        Assert.Contains(trained.OfType<RunArtifact>(), artifact => artifact is { Kind: "preview", Step: 6 });

        using var sampling = new RunStage(new SamplingSpec
        {
            Name = "x",
            Checkpoint = training.Checkpoints[0],
            Prompt = "蓝色圆环",
            Clips = 2,
            Sampler = new SamplerOptions { Steps = 2 },
        });
        await sampling.ExecuteAsync();
        var sampled = sampling.Ledger.Of(1);
        Assert.Equal("completed", Assert.IsType<RunFinished>(sampled[^1]).Reason);
        Assert.Equal(2, sampled.OfType<RunArtifact>().Count(artifact => artifact.Kind == "video"));
    }

    [Fact]
    public async Task What_saves_work_goes_through_a_run_and_says_what_it_saved()
    {
        using var training = new RunStage(RunStage.Changed("dit-shapes",
            [.. Small, "preview.prompts=[]", "training.activations=recompute", "training.mask_ratio=0.5", "training.mask_mixer_blocks=1", "training.ema_snapshots=2", "objective.weighting=adaptive", "training.devices=2"]));
        await training.ExecuteAsync();
        Assert.Equal("completed", Assert.IsType<RunFinished>(training.Ledger.Of(1)[^1]).Reason);

        using var sampling = new RunStage(new SamplingSpec
        {
            Name = "x",
            Checkpoint = training.Checkpoints[0],
            Prompt = "red circle",
            Clips = 2,
            CacheChecks = 1,
            Sampler = new SamplerOptions { Steps = 10, StepCache = 0.5, EmaWidth = 0.07 },
        });
        await sampling.ExecuteAsync();
        var sampled = sampling.Ledger.Of(1);
        Assert.Equal("completed", Assert.IsType<RunFinished>(sampled[^1]).Reason);
        Assert.Equal(["log.cache_check", "log.ema_reconstructed", "log.step_cache", "log.step_cache"],
            sampled.OfType<RunLog>().Select(log => log.Key).Where(key => key is not null && (key.Contains("cache", StringComparison.Ordinal) || key.Contains("ema", StringComparison.Ordinal))).Order(StringComparer.Ordinal));
        var points = sampled.OfType<RunStep>().SelectMany(step => step.Points).ToLookup(point => point.Name, point => point.Value);
        Assert.Equal(2, points["cache_skipped"].Count());
        Assert.InRange(Assert.Single(points["cache_psnr"]), 5, 100);
        Assert.InRange(Assert.Single(points["cache_ssim"]), -1, 1);
    }

    [Fact]
    public async Task A_class_that_is_none_ends_a_sampling_run_with_its_nearest()
    {
        using var training = new RunStage(RunStage.Changed("sit-shapes", [.. Small, "training.steps=1", "preview.prompts=[]"]));
        await training.ExecuteAsync();
        using var sampling = new RunStage(new SamplingSpec { Name = "x", Checkpoint = training.Checkpoints[0], Prompt = "purple cow" });
        await sampling.ExecuteAsync();

        var failed = Assert.Single(sampling.Ledger.Of(1).OfType<RunFailed>());
        Assert.Equal("class_unknown", failed.Code);
        Assert.Contains("purple", failed.Arguments["nearest"], StringComparison.Ordinal);
    }
}
