using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class EvaluationRunTests
{
    private static readonly SamplerOptions Quick = new() { Steps = 1, Guidance = 1 };

    [Fact]
    public async Task An_evaluation_writes_its_scores_with_their_conditions_and_keeps_clips()
    {
        using var training = new RunStage("training.steps=4", "validation.clips=1", "validation.every_steps=2");
        await training.ExecuteAsync();
        var points = training.Ledger.Of(1).OfType<RunStep>().SelectMany(step => step.Points).ToList();
        Assert.Equal([2L, 4], points.Where(point => point.Name == "validation_loss").Select(point => point.Step));
        Assert.Equal(2, points.Count(point => point.Name == "validation_loss_t95"));

        using var stage = new RunStage(new EvaluationSpec
        {
            Name = "scored",
            Checkpoint = training.Checkpoints[0],
            SeenClips = 4,
            HeldOutClips = 2,
            References = 4,
            ValidationClips = 1,
            KeepClips = 1,
            Features = FeatureSource.None,
            Sampler = Quick,
            Seed = 5,
        });
        await stage.ExecuteAsync();

        var events = stage.Ledger.Of(1);
        var finished = Assert.IsType<RunFinished>(events[^1]);
        Assert.Equal(("completed", 8L), (finished.Reason, finished.Step));
        Assert.True(finished.SecondsPerVideoSecond > 0);
        Assert.NotEqual("", Assert.Single(events.OfType<RunStarted>()).Machine);
        Assert.Equal(["scores", "video", "poster", "nearest"], events.OfType<RunArtifact>().Select(artifact => artifact.Kind));
        var report = ScoreReport.FromJson(await File.ReadAllTextAsync(Path.Combine(stage.Run.Root, "scores.json")));
        Assert.All(report.Records, record => Assert.Equal((1, 5L), (record.On.Steps, record.On.Seed)));
        Assert.Equal(10, report.LossByLevel.Count);
        Assert.All(new[] { ScoreMetrics.Quality, ScoreMetrics.JointHeldOutPairs, ScoreMetrics.ValidationLoss, ScoreMetrics.CodecPsnr, ScoreMetrics.Flicker, ScoreMetrics.SecondsPerSecond }, metric => Assert.NotNull(report.Find(metric)));
        Assert.Equal((4, 4), (report.Find(ScoreMetrics.Flicker)!.On.Clips, report.Find(ScoreMetrics.Flicker)!.On.References));
    }

    [Fact]
    public async Task Steps_taken_again_from_a_checkpoint_have_the_losses_of_the_run()
    {
        using var training = new RunStage("training.steps=6", "training.checkpoint_steps=3", "validation.clips=0");
        await training.ExecuteAsync();
        var said = training.Ledger.Of(1).OfType<RunStep>().SelectMany(step => step.Points).Where(point => point.Name == "loss").ToDictionary(point => point.Step, point => point.Value);
        var middle = training.Checkpoints.Single(path => path.Contains("00000003", StringComparison.Ordinal));

        using var replay = new RunStage(new ReplaySpec { Name = "again", Checkpoint = middle, ReplaySteps = 10 });
        await replay.ExecuteAsync();

        var again = replay.Ledger.Of(1).OfType<RunStep>().SelectMany(step => step.Points).Where(point => point.Name == "loss").ToList();
        Assert.Equal([4L, 5, 6], again.Select(point => point.Step));
        Assert.All(again, point => Assert.Equal(said[point.Step], point.Value, 5));
    }

    [Fact]
    public async Task A_training_run_ends_well_when_its_budget_is_spent()
    {
        var perStep = RunEstimator.EstimateTraining((TrainingSpec)RunStage.Changed("smoke"), Calibration.Uncalibrated).FlopsPerStep;
        using var stage = new RunStage("training.steps=50", "validation.clips=0", $"budget.flops={(3 * perStep).ToString("R", System.Globalization.CultureInfo.InvariantCulture)}");
        await stage.ExecuteAsync();
        var finished = Assert.IsType<RunFinished>(stage.Ledger.Of(1)[^1]);
        Assert.Equal(("completed", 3L), (finished.Reason, finished.Step));
        Assert.Single(stage.Checkpoints);
    }

    [Fact]
    public async Task An_encoder_is_trained_like_a_run()
    {
        using var stage = new RunStage(RunStage.Changed("eval-encoder", "encoder.steps=2", "encoder.batch=2", "encoder.width=16", "encoder.depth=1"));
        await stage.ExecuteAsync();
        Assert.Equal("completed", Assert.IsType<RunFinished>(stage.Ledger.Of(1)[^1]).Reason);
        Assert.Single(stage.Ledger.Of(1).OfType<RunArtifact>(), artifact => artifact.Kind == "encoder");
    }
}
