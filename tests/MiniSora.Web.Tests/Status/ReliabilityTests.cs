using MiniSora.Jobs.Runs;
using MiniSora.Web.Status;

namespace MiniSora.Web.Tests.Status;

public sealed class ReliabilityTests
{
    [Fact]
    public async Task Lost_attempts_and_their_recovery_are_counted()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        backend.Clock.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal((0, 1), await LostAndLateAsync());
        await backend.Ledger.ReapAsync(backend.Clock.GetUtcNow(), CancellationToken.None);
        backend.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.NotNull(await backend.Ledger.ClaimAsync(id, "other", CancellationToken.None));

        var counted = await backend.Get<ReliabilityReader>().CountAsync(CancellationToken.None);
        Assert.Equal((1, 1, 0, 0), (counted.LostAttempts, counted.Recovered, counted.RunsLost, counted.PastDeadline));
        Assert.Equal(120, counted.MeanRecoverySeconds!.Value, 1e-6);
        Assert.Equal(1, grant.Attempt);

        async Task<(int, int)> LostAndLateAsync()
        {
            var now = await backend.Get<ReliabilityReader>().CountAsync(CancellationToken.None);
            return (now.RunsLost, now.PastDeadline);
        }
    }

    [Fact]
    public async Task A_cancelled_run_is_not_lost()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        await backend.Runs.CancelAsync(id, mei, CancellationToken.None);
        await backend.EndAsync(grant, cancelled: true);
        Assert.Equal(0, (await backend.Get<ReliabilityReader>().CountAsync(CancellationToken.None)).LostAttempts);
    }

    [Fact]
    public async Task A_step_without_a_stored_loss_is_a_gap()
    {
        await using var backend = await Backend.StartAsync();
        var (_, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(grant, Backend.Step(1, 1, 0.5), Backend.Step(2, 2, 0.4), Backend.Step(3, 4, 0.3), new RunFinished("completed", 4, 1, 0, 0) { Seq = 4 });
        await backend.EndAsync(grant);
        var counted = await backend.Get<ReliabilityReader>().CountAsync(CancellationToken.None);
        Assert.Equal((1, 4), (counted.MetricGaps, counted.StepsChecked));
    }

    [Fact]
    public async Task What_was_expected_is_held_against_what_happened()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        foreach (var seconds in new[] { 1.0, 100_000_000 })
        {
            var (_, grant) = await backend.RunningAsync(mei);
            backend.Clock.Advance(TimeSpan.FromSeconds(seconds));
            await backend.ReportAsync(grant, new RunFinished("completed", 4, seconds, 0, 0) { Seq = 1 });
            await backend.EndAsync(grant);
        }

        var coverage = await backend.Get<EstimateReader>().LengthsAsync(CancellationToken.None);
        Assert.Equal((2, 0), (coverage.Outcomes.Count, coverage.Inside));
        Assert.Equal(100_000_000, coverage.Outcomes[0].Actual, 1e-3);
        Assert.Equal(0.5, new Coverage([new(Guid.Empty, 1, "", new(1, 2, 3), 2), new(Guid.Empty, 2, "", new(1, 2, 3), 4)]).Share);
    }
}
