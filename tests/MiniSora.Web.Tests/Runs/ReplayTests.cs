using MiniSora.Jobs.Runs;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public class ReplayTests
{
    [Fact]
    public async Task History_and_live_events_join_without_gap_or_doubling()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        var heard = new List<long>();
        for (var i = 1; i <= 20; i++)
            await backend.ReportAsync(grant, Backend.Step(i, i, i));

        using var subscription = backend.Get<RunFeed>().Subscribe(id, e => heard.Add(e.Seq));
        for (var i = 21; i <= 40; i++)
            await backend.ReportAsync(grant, Backend.Step(i, i, i));
        var replay = await backend.Get<RunReader>().ReplayAsync(id, 5, CancellationToken.None);

        Assert.False(replay!.Reset);
        var all = replay.Events.Select(e => e.Seq).Concat(heard.Where(seq => seq > replay.LastSeq)).ToList();
        Assert.Equal(Enumerable.Range(6, (int)(heard[^1] - 5)).Select(i => (long)i), all);
    }

    [Fact]
    public async Task A_viewer_who_missed_too_much_starts_afresh()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(grant, [.. Enumerable.Range(1, 6000).Select(i => (RunEvent)Backend.Step(i, i, i))]);
        var replay = await backend.Get<RunReader>().ReplayAsync(id, 1, CancellationToken.None);
        Assert.Equal((true, 0, (await backend.RunAsync(id)).LastSeq), (replay!.Reset, replay.Events.Count, replay.LastSeq));
    }

    [Fact]
    public async Task A_number_from_another_life_starts_afresh()
    {
        await using var backend = await Backend.StartAsync();
        var (id, _) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        Assert.True((await backend.Get<RunReader>().ReplayAsync(id, 1_000_000, CancellationToken.None))!.Reset);
    }

    [Fact]
    public async Task Nobody_is_told_after_leaving()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        var heard = 0;
        backend.Get<RunFeed>().Subscribe(id, _ => heard++).Dispose();
        await backend.ReportAsync(grant, Backend.Step(1, 1, 1));
        Assert.Equal(0, heard);
    }
}
