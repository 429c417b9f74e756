using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class RunEventJsonTests
{
    public static TheoryData<RunEvent> Events() =>
    [
        new RunStarted("cpu", "bf16", 2, "minisora 0.1", "right", 100, 20) { Seq = 1, At = DateTimeOffset.UnixEpoch },
        new RunPhase("phase.train", null) { Seq = 2 },
        new RunLog("warning", "一行\nzwei \"Zeilen\"") { Seq = 3 },
        new RunArtifact("preview", "previews/a.mp4", 10, "ab", 5, 1, "a heart", 7) { Seq = 4 },
        new RunFinished("stopped", 5, 1.5, 1L << 40, 1e18) { Seq = 5 },
    ];

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_is_one_line_and_reads_back(RunEvent next)
    {
        var line = RunEventJson.Write(next);

        Assert.DoesNotContain('\n', line);
        Assert.Equal(next, RunEventJson.Read(line));
    }

    [Fact]
    public void A_loss_that_is_no_number_is_reported_as_what_it_is()
    {
        var line = RunEventJson.Write(new RunStep(1, 0, double.PositiveInfinity, [new("loss", 1, double.NaN)]));
        var step = Assert.IsType<RunStep>(RunEventJson.Read(line));

        Assert.True(double.IsNaN(step.Points[0].Value));
        Assert.Contains("\"type\":\"step\"", line, StringComparison.Ordinal);
    }
}
