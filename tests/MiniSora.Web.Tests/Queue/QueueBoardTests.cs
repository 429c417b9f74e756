using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Queue;

public sealed class QueueBoardTests
{
    [Fact]
    public async Task Who_holds_a_run_and_why_others_wait_is_said()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"));
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var (running, grant) = await backend.RunningAsync(mei);
        var second = await backend.SubmitAsync(mei);
        var first = await backend.SubmitAsync(tom);
        backend.Clock.Advance(TimeSpan.FromSeconds(20));

        var now = await backend.Get<QueueBoard>().LookAsync(CancellationToken.None);
        var held = Assert.Single(now.Running);
        Assert.Equal((running, "test", grant.Attempt), (held.Id, held.Worker, held.Attempt));
        Assert.Equal(RunLedger.Silence, held.Deadline - held.LastHeardAt);
        Assert.Equal([first, second], now.Waiting.Select(entry => entry.Id));
        Assert.Equal([new WaitCause(WaitReason.AllBusy, 1)], now.Waiting[0].Causes);
        Assert.Equal([new WaitCause(WaitReason.AllBusy, 1), new(WaitReason.Turn, 1)], now.Waiting[1].Causes);
        Assert.True(now.Waiting[0].StartsIn!.High < now.Waiting[1].StartsIn!.High);
        Assert.InRange(now.Members.Single(use => use.MemberId == mei.MemberId).UsedSeconds, 19.9, 20);
    }

    [Fact]
    public async Task What_happens_is_seen_at_once_and_a_still_queue_is_read_once()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var board = backend.Get<QueueBoard>();
        var before = await board.LookAsync(CancellationToken.None);
        Assert.Same(before, await board.LookAsync(CancellationToken.None));

        var id = await backend.SubmitAsync(mei);
        var entry = Assert.Single((await board.LookAsync(CancellationToken.None)).Waiting);
        Assert.Equal((id, WaitReason.NoDevice), (entry.Id, entry.Causes[0].Reason));
        Assert.Null(entry.StartsIn);
    }

    [Fact]
    public async Task A_full_disk_is_named_as_the_reason()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"));
        var id = await backend.SubmitAsync(await backend.MemberAsync("mei"));
        backend.Get<Microsoft.Extensions.Options.IOptions<RunOptions>>().Value.MinFreeBytes = long.MaxValue / 2;
        backend.Get<Microsoft.Extensions.Options.IOptions<RunOptions>>().Value.FullestDisk = 1;
        backend.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(WaitReason.DiskFull, (await backend.Get<QueueBoard>().PlaceOfAsync(id, CancellationToken.None))!.Causes[0].Reason);
    }

    [Theory]
    [InlineData(1000, 50, 50)]
    [InlineData(1000, 101, -1)]
    [InlineData(1_000_000, 600, -100)]
    public void New_runs_wait_on_a_full_disk_unless_much_is_free(long total, long free, long missing) =>
        Assert.Equal(missing, DiskRoom.MissingForAll(free, total, new() { MinFreeBytes = 10, FullestDisk = 0.9, AmpleFreeBytes = 500 }));

    [Fact]
    public async Task A_run_that_would_not_fit_on_the_disk_waits_with_the_reason_while_smaller_ones_go_on()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"));
        var mei = await backend.MemberAsync("mei");
        var large = await backend.SubmitAsync(mei);
        var small = await backend.SubmitAsync(mei);
        await using (var db = await backend.DbAsync())
            await db.Set<RunForecast>().Where(forecast => forecast.RunId == large).ExecuteUpdateAsync(set => set.SetProperty(forecast => forecast.DiskBytes, long.MaxValue / 4));

        var line = await backend.Get<QueueOrder>().LookAsync([], CancellationToken.None);
        Assert.Equal([small], await backend.Get<DiskRoom>().ThoseThatFitAsync(line, [], CancellationToken.None));
        Assert.Equal(WaitReason.NoRoom, (await backend.Get<QueueBoard>().PlaceOfAsync(large, CancellationToken.None))!.Causes[0].Reason);
        // What the one that runs has still to write is not given away a second time.
        await using (var db = await backend.DbAsync())
            await db.Set<RunForecast>().Where(forecast => forecast.RunId == small).ExecuteUpdateAsync(set => set.SetProperty(forecast => forecast.DiskBytes, long.MaxValue / 4));
        var third = await backend.SubmitAsync(mei);
        line = [.. (await backend.Get<QueueOrder>().LookAsync([small], CancellationToken.None)).Where(place => place.Run.Id == third)];
        Assert.Empty(await backend.Get<DiskRoom>().ThoseThatFitAsync(line, [small], CancellationToken.None));
    }

    [Fact]
    public async Task Device_time_is_charged_once_and_outlives_the_run_but_a_lost_attempt_costs_nothing()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var (id, grant) = await backend.RunningAsync(mei);
        var (_, lost) = await backend.RunningAsync(tom);
        backend.Clock.Advance(TimeSpan.FromSeconds(60));
        await backend.ReportAsync(grant, new RunFinished("completed", 10, 55, 0, 0) { Seq = 1 });
        await backend.EndAsync(grant);
        await backend.EndAsync(lost, exitCode: 137);

        var ledger = backend.Get<UseLedger>();
        await ledger.ChargeAsync(CancellationToken.None);
        await ledger.ChargeAsync(CancellationToken.None);
        Assert.Null(await backend.Runs.DeleteAsync(id, mei, CancellationToken.None));

        await using var db = await backend.DbAsync();
        var standings = await backend.Get<QueueOrder>().StandingsAsync(db, [], CancellationToken.None);
        Assert.InRange(standings[mei.MemberId!.Value].UsedSeconds, 59.9, 60);
        Assert.Equal(0, standings[tom.MemberId!.Value].UsedSeconds);
    }

    [Fact]
    public async Task The_use_of_a_run_deleted_at_once_is_charged_too()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        backend.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(await backend.Runs.CancelAsync(id, mei, CancellationToken.None));
        await backend.EndAsync(grant, cancelled: true);
        Assert.Null(await backend.Runs.DeleteAsync(id, mei, CancellationToken.None));

        await using var db = await backend.DbAsync();
        Assert.InRange((await db.Set<MemberShare>().SingleAsync()).UsedSeconds, 29.9, 30);
    }

    [Fact]
    public async Task An_expected_start_is_written_down_once()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"));
        var mei = await backend.MemberAsync("mei");
        await backend.RunningAsync(mei);
        var id = await backend.SubmitAsync(mei);
        var keeper = new ForecastKeeper(
            backend.Get<QueueBoard>(), backend.Get<RunWriting>(), backend.Get<IDbContextFactory<Web.Storage.MiniSoraDbContext>>(), backend.Clock,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<ForecastKeeper>.Instance);
        Assert.Equal(1, await keeper.KeepAsync(CancellationToken.None));
        Assert.Equal(0, await keeper.KeepAsync(CancellationToken.None));

        await using var db = await backend.DbAsync();
        var forecast = await db.Set<RunForecast>().SingleAsync(forecast => forecast.RunId == id);
        Assert.True(forecast.StartHigh > forecast.StartLow && forecast.SecondsHigh > forecast.SecondsLow);
    }

    [Fact]
    public async Task A_member_may_step_back_and_an_administrator_may_let_a_run_go_first()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, admin) = (await backend.MemberAsync("mei"), await backend.MemberAsync("root", administrator: true));
        var first = await backend.SubmitAsync(mei);
        var second = await backend.SubmitAsync(mei);
        Assert.Equal("priority_not_yours", (await backend.Runs.SetPriorityAsync(second, RunPriority.Urgent, mei, CancellationToken.None))!.Code);
        Assert.Equal("not_found", (await backend.Runs.SetPriorityAsync(first, RunPriority.Low, await backend.MemberAsync("tom"), CancellationToken.None))!.Code);

        Assert.Null(await backend.Runs.SetPriorityAsync(first, RunPriority.Low, mei, CancellationToken.None));
        Assert.Equal([second, first], await WaitingAsync());
        Assert.Null(await backend.Runs.SetPriorityAsync(first, RunPriority.Urgent, admin, CancellationToken.None));
        Assert.Equal([first, second], await WaitingAsync());

        async Task<IEnumerable<Guid>> WaitingAsync() => (await backend.Get<QueueBoard>().LookAsync(CancellationToken.None)).Waiting.Select(entry => entry.Id);
    }
}
