using MiniSora.Jobs.Cli;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Tests.Cli;

public sealed class TrainingViewTests
{
    [Fact]
    public void A_step_without_a_loss_shows_the_one_before()
    {
        using var folder = new TemporaryFolder();
        var view = new TrainingView(new RunFolder(folder.Path), new TrainingSpec(), TimeProvider.System);
        Assert.Contains("0.2500", view.Line(new RunStep(1, 2, 3, [new MetricPoint("loss", 1, 0.25)])), StringComparison.Ordinal);
        var last = view.Line(new RunStep(2, 2, 0, [new MetricPoint("validation_loss", 2, 0.5)]));
        Assert.Contains("0.2500", last, StringComparison.Ordinal);
    }
}
