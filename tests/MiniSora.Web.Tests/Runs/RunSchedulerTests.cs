using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public sealed class RunSchedulerTests
{
    [Fact]
    public void The_reserve_is_kept_only_where_room_is_left_and_goes_when_asked()
    {
        var folder = new MiniSora.Web.Storage.DataFolder(Directory.CreateTempSubdirectory("minisora-reserve-").FullName);
        var reserve = new MiniSora.Web.Storage.DiskReserve(folder);
        var file = Path.Combine(folder.Root, "reserve");

        reserve.Keep(leaving: long.MaxValue / 2);
        Assert.False(File.Exists(file));
        reserve.Keep(leaving: 0);
        Assert.Equal(16 << 20, new FileInfo(file).Length);
        reserve.Release();
        Assert.False(File.Exists(file));
        Directory.Delete(folder.Root);
    }

    [Fact]
    public async Task A_submitted_run_reaches_a_process_and_one_that_always_dies_fails_with_a_reason()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"), ("urls", "http://127.0.0.1:0"));
        backend.Get<RunProcessOptions>().Executable = "/bin/false";
        await backend.ServeAsync();
        var over = new TaskCompletionSource<Guid>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = backend.Get<RunFeed>().SubscribeAll((id, e) =>
        {
            if (e.Type == "state" && (string?)e.Data["state"] == nameof(RunState.Failed))
                over.TrySetResult(id);
        });

        var id = await backend.SubmitAsync(await backend.MemberAsync("mei"));
        // Each try after a loss waits longer than the one before.
        using var hurry = new Timer(_ => backend.Clock.Advance(TimeSpan.FromSeconds(5)), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        Assert.Equal(id, await over.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        var run = await backend.RunAsync(id);
        Assert.Equal(("process_lost", RunLedger.MostLosses), (run.FailureCode, run.CurrentAttempt));

        // An end that cannot be stored, as on a full disk, gives the slot back all the same.
        var slots = backend.Get<RunSlots>();
        slots.Take(id);
        await using (var db = await backend.DbAsync())
            await db.Database.ExecuteSqlRawAsync("ALTER TABLE Runs RENAME TO Gone");
        await backend.Get<RunScheduler>().EndedAsync(id, "the disk is full");
        Assert.Empty(slots.Held);
    }
}
