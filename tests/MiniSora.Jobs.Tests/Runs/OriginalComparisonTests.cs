using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class OriginalComparisonTests
{
    private static readonly string Starter = Repository.File("recipes/starter.safetensors");

    private static readonly SamplingSpec Spec = new() { Name = "x", Checkpoint = Starter, Prompt = "a red circle", Seed = 40, Clips = 2, StepPreviews = 0, Sampler = new SamplerOptions { Steps = 6 } };

    [Fact]
    public async Task A_clip_made_again_alone_is_the_original_bit_for_bit_and_says_so()
    {
        using var first = new RunStage(Spec);
        await first.ExecuteAsync();
        var original = Path.Combine(first.Run.Videos, "clip-001.mp4");
        using var again = new RunStage(Spec with { Seed = 41, Clips = 1, Original = original });
        await again.ExecuteAsync();

        var points = Points(again);
        Assert.Equal((1, 100, 1), (points["original_exact"], points["original_psnr"], points["original_ssim"]));
        Assert.Single(again.Ledger.Of(1).OfType<RunLog>(), log => log.Key == "log.original_exact");
        // The new file tells how it was made, not what it was held against: both say the same of themselves.
        var tags = await VideoFile.ReadTagsAsync(Path.Combine(again.Run.Videos, "clip-000.mp4"), default);
        Assert.Equal("", Assert.IsType<SamplingSpec>(SpecYaml.Read(tags[MediaTags.Spec]).Spec).Original);
        Assert.DoesNotContain(Points(first).Keys, name => name.StartsWith("original", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_seed_is_another_clip_and_another_length_is_nothing_to_compare()
    {
        using var first = new RunStage(Spec with { Clips = 1 });
        await first.ExecuteAsync();
        var original = Path.Combine(first.Run.Videos, "clip-000.mp4");
        using var other = new RunStage(Spec with { Seed = 99, Clips = 1, Original = original });
        using var shorter = new RunStage(Spec with { Clips = 1, Original = original, Size = new() { Frames = 8 } });
        await other.ExecuteAsync();
        await shorter.ExecuteAsync();

        var points = Points(other);
        Assert.Equal(0, points["original_exact"]);
        Assert.InRange(points["original_psnr"], 3, OriginalLikeness.NearPsnr);
        Assert.InRange(points["original_ssim"], -1, 0.99);
        Assert.Equal((0, 0, 0), (Points(shorter)["original_exact"], Points(shorter)["original_psnr"], Points(shorter)["original_ssim"]));
    }

    [Theory]
    [InlineData(true, 100, true)]
    [InlineData(false, 40, true)]
    [InlineData(false, 39.9, false)]
    public void A_clip_is_reproduced_when_no_eye_tells_it_from_the_original(bool exact, double psnr, bool reproduced) =>
        Assert.Equal(reproduced, new OriginalLikeness(exact, psnr, 0.99).IsReproduced);

    private static Dictionary<string, double> Points(RunStage stage)
    {
        Assert.Equal("completed", Assert.IsType<RunFinished>(stage.Ledger.Of(1)[^1]).Reason);
        return stage.Ledger.Of(1).OfType<RunStep>().SelectMany(step => step.Points).GroupBy(point => point.Name).ToDictionary(group => group.Key, group => group.First().Value);
    }
}
