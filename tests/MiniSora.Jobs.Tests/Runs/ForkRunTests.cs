using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class ForkRunTests
{
    [Fact]
    public async Task A_fork_with_a_lower_rate_goes_on_at_the_parents_step_and_loss_and_pays_for_its_own_steps_only()
    {
        using var parent = new RunStage("training.steps=60", "training.checkpoint_steps=40");
        await parent.ExecuteAsync();
        var old = Losses(parent);
        var checkpoint = parent.Checkpoints.Single(path => path.Contains("00000040", StringComparison.Ordinal));

        using var fork = new RunStage("training.steps=60", "training.learning_rate=1e-4", "start.checkpoint=" + checkpoint);
        await fork.ExecuteAsync();

        var events = fork.Ledger.Of(1);
        var now = Losses(fork);
        Assert.Equal(40, Assert.Single(events.OfType<RunStarted>()).ResumedFromStep);
        Assert.Equal(Enumerable.Range(41, 20).Select(step => (long)step), now.Keys.Order());
        Assert.Equal(old[41], now[41]);
        Assert.NotEqual(old[60], now[60]);
        var (whole, part) = (Assert.IsType<RunFinished>(parent.Ledger.Of(1)[^1]).Flops, Assert.IsType<RunFinished>(events[^1]).Flops);
        Assert.Equal(whole / 3, part, 1e-6 * whole);
    }

    [Theory]
    [InlineData("start.checkpoint=/nowhere/at/all.safetensors", "checkpoint_missing")]
    [InlineData("model.width=64", "start_unfit")]
    public async Task What_it_cannot_start_from_is_a_failure_with_a_reason(string change, string code)
    {
        using var parent = new RunStage("training.steps=1");
        await parent.ExecuteAsync();
        using var fork = new RunStage("start.checkpoint=" + parent.Checkpoints[0], "start.carry=weights", change);
        await fork.ExecuteAsync();

        Assert.Equal(code, Assert.IsType<RunFailed>(fork.Ledger.Of(1)[^1]).Code);
    }

    private static Dictionary<long, double> Losses(RunStage stage) =>
        stage.Ledger.Of(1).OfType<RunStep>().SelectMany(step => step.Points).Where(point => point.Name == "loss").ToDictionary(point => point.Step, point => point.Value);
}
