using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public sealed class RunTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_table_of_moves_is_the_one_of_the_architecture_page()
    {
        var moves = from a in Enum.GetValues<RunState>() from b in Enum.GetValues<RunState>() where Run.CanMove(a, b) select $"{a}>{b}";
        Assert.Equal(
            [
                "Queued>Running", "Queued>Cancelled",
                "Running>Interrupted", "Running>Paused", "Running>Succeeded", "Running>Failed", "Running>Cancelled",
                "Interrupted>Queued", "Paused>Queued", "Paused>Cancelled", "Failed>Queued",
            ],
            moves);
    }

    [Theory]
    [InlineData(RunState.Succeeded)]
    [InlineData(RunState.Failed)]
    [InlineData(RunState.Interrupted)]
    public void A_cancelled_run_cannot_move(RunState next)
    {
        var run = new Run();
        run.MoveTo(RunState.Cancelled, Now);
        Assert.Throws<IllegalRunMoveException>(() => run.MoveTo(next, Now));
        Assert.Equal(RunState.Cancelled, run.State);
    }

    [Fact]
    public void A_queued_run_cannot_succeed_without_running() =>
        Assert.Throws<IllegalRunMoveException>(() => new Run().MoveTo(RunState.Succeeded, Now));
}
