using MiniSora.Jobs.Cli;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Tests.Cli;

public sealed class PromptFileTests
{
    private static readonly SamplingSpec Basis = new() { Name = "x", Checkpoint = "c" };

    private static IReadOnlyList<SamplingSpec> Read(TemporaryFolder folder, params string[] lines)
    {
        File.WriteAllLines(folder.Combine("p.jsonl"), lines);
        return PromptFile.Read(folder.Combine("p.jsonl"), Basis, new SpecContext { VideoExists = File.Exists, ImageExists = File.Exists });
    }

    [Fact]
    public void Each_line_may_have_a_task_of_its_own()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Combine("a.mp4"), "");
        File.WriteAllText(folder.Combine("a.png"), "");
        var lines = Read(
            folder,
            """{"prompt":"a red circle","seed":7,"note":"for somebody else"}""",
            """{"prompt":"","seed":8,"image":"a.png"}""",
            """{"prompt":"a blue ring","seed":9,"task":"edit","video":"a.mp4","strength":0.4}""",
            """{"prompt":"a blue ring","seed":9,"task":"extend_forward","input.video":"a.mp4","windows":2,"frames":24}""");
        Assert.Equal([SamplingTask.TextToVideo, SamplingTask.ImageToVideo, SamplingTask.Edit, SamplingTask.ExtendForward], lines.Select(line => line.Task));
        Assert.Equal([7, 8, 9, 9], lines.Select(line => line.Seed));
        Assert.Equal((folder.Combine("a.mp4"), 0.4), (lines[2].Input.Video, lines[2].Input.Strength));
        Assert.Equal((2, 24), (lines[3].Input.Windows, lines[3].Size.Frames));
        Assert.Equal(folder.Combine("a.png"), lines[1].Image);
    }

    [Fact]
    public void Every_bad_line_is_named()
    {
        using var folder = new TemporaryFolder();
        var bad = Assert.Throws<BadInputException>(() => Read(
            folder,
            """{"prompt":"a red circle","seed":7}""",
            """{"prompt":"a red circle"}""",
            """{"prompt":"a red circle","seed":7,"task":"edit","video":"gone.mp4"}""",
            """{"prompt":"a red circle","seed":7,"task":"dance","strength":9}"""));
        Assert.Equal(
            [(2, "spec.prompts_line"), (3, "spec.video_missing"), (4, "spec.unknown_choice"), (4, "spec.out_of_range")],
            bad.Problems.Select(problem => (problem.Line!.Value, problem.Code)));
    }
}
