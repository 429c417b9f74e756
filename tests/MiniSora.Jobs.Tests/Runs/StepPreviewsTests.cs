using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class StepPreviewsTests
{
    private static readonly string[] Small = ["training.steps=4", "preview.prompts=[]", "data.size=16", "model.width=32", "model.depth=2", "model.heads=2"];

    [Fact]
    public async Task A_sampling_run_shows_each_clip_on_its_way_before_its_video()
    {
        using var training = new RunStage(RunStage.Changed("smoke", Small));
        await training.ExecuteAsync();
        using var sampling = new RunStage(Spec(training, previews: 4));
        await sampling.ExecuteAsync();

        var events = sampling.Ledger.Of(1);
        Assert.Equal("completed", Assert.IsType<RunFinished>(events[^1]).Reason);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(next => next.Seq));
        for (var clip = 0; clip < 2; clip++)
        {
            var made = events.OfType<RunArtifact>().Where(artifact => artifact.Index == clip).ToList();
            var video = made.Single(artifact => artifact.Kind == "video");
            var estimates = made.Where(artifact => artifact.Kind == "estimate").ToList();
            Assert.InRange(estimates.Count, 2, 4);
            Assert.All(estimates, estimate => Assert.True(estimate.Seq < video.Seq, "an estimate came after its video"));
            // From the beginning of each part of the way on, so the last one is not the video itself.
            Assert.Equal(estimates.Select(estimate => estimate.Step).Order().Distinct(), estimates.Select(estimate => estimate.Step));
            Assert.InRange(estimates[^1].Step, 2, 300);
            Assert.All(estimates, estimate => Assert.Equal(300, EstimateFile.StepsOf(Path.GetFileName(estimate.Path))));
            Assert.All(estimates, estimate => Assert.Equal(("a red circle", 7L + clip), (estimate.Prompt, estimate.Seed)));
            // Whole files of their own: nothing that was reported is written over.
            Assert.All(estimates, estimate => Assert.Equal(estimate.Sha256, FileHash.Sha256(Path.Combine(sampling.Run.Root, estimate.Path))));
            Assert.All(estimates, estimate => Assert.NotEmpty(ImageFile.ReadRgb(Path.Combine(sampling.Run.Root, estimate.Path), 16)));
            Assert.Equal(estimates.Count, estimates.Select(estimate => estimate.Sha256).Distinct().Count());
        }

        Assert.Equal(1, events.OfType<RunArtifact>().First(artifact => artifact.Kind == "estimate").Step);
        Assert.Single(events.OfType<RunLog>(), log => log.Key == "log.step_previews");
    }

    [Fact]
    public async Task Nothing_is_shown_on_the_way_when_nothing_is_wanted()
    {
        using var training = new RunStage(RunStage.Changed("smoke", Small));
        await training.ExecuteAsync();
        using var sampling = new RunStage(Spec(training, previews: 0));
        await sampling.ExecuteAsync();
        Assert.Equal("completed", Assert.IsType<RunFinished>(sampling.Ledger.Of(1)[^1]).Reason);
        Assert.DoesNotContain(sampling.Ledger.Of(1).OfType<RunArtifact>(), artifact => artifact.Kind == "estimate");
        Assert.False(Directory.Exists(sampling.Run.Previews));
    }

    [Theory]
    [InlineData("clip-003-step-0012-of-0040.webp", 40L)]
    [InlineData("clip-003-step-12000-of-40000.webp", 40000L)]
    [InlineData("clip-003.webp", null)]
    [InlineData("x-clip-003-step-0012-of-0040.webp", null)]
    public void The_name_of_a_picture_says_of_how_many_steps_it_is_one(string name, long? steps) => Assert.Equal(steps, EstimateFile.StepsOf(name));

    private static SamplingSpec Spec(RunStage training, int previews) => new()
    {
        Name = "x",
        Seed = 7,
        Checkpoint = training.Checkpoints[0],
        Prompt = "a red circle",
        Clips = 2,
        StepPreviews = previews,
        Sampler = new SamplerOptions { Steps = 300 },
    };
}
