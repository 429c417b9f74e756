using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Gallery;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Retention;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Retention;

public class RetentionTests
{
    private static readonly RetentionPolicy Strict = new() { LastCheckpoints = 1, VideoDays = 30, LogDays = 30 };

    [Fact]
    public async Task What_the_preview_promises_is_what_becomes_free_and_nothing_else_goes()
    {
        await using var backend = await StartAsync();
        var boss = await backend.MemberAsync("boss", administrator: true);
        var run = await TrainedAsync(backend, await backend.MemberAsync("mei"));
        var young = await TrainedAsync(backend, await backend.MemberAsync("tom"), salt: 7);
        await AgeAsync(backend, run);
        var before = Used(backend);

        var plan = await backend.Get<RetentionService>().PreviewAsync(Strict, boss, CancellationToken.None);

        Assert.Equal(before, Used(backend));
        Assert.Equal(
            [(FileClass.Checkpoint, "step-1.safetensors", 1000), (FileClass.Checkpoint, "step-1.safetensors", 1000), (FileClass.Checkpoint, "step-2.safetensors", 2000), (FileClass.Checkpoint, "step-2.safetensors", 2000),
                (FileClass.Preview, "preview.mp4", 400), (FileClass.Log, "log.txt", 50), (FileClass.Working, "points.txt", 70)],
            plan.Items.OrderBy(item => item.Class).ThenBy(item => item.Name, StringComparer.Ordinal).Select(item => (item.Class, item.Name, item.Bytes)));
        Assert.Empty(plan.Kept);

        Assert.Null(await backend.Get<RetentionService>().ScheduleAsync(Strict, plan.Digest, boss, CancellationToken.None));
        backend.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.True(await backend.Get<CleanupRunner>().AdvanceAsync(CancellationToken.None));

        var done = Assert.Single(await backend.Get<RetentionService>().ListAsync(boss, CancellationToken.None)).Cleanup;
        Assert.Equal((CleanupState.Done, 7, 0), (done.State, done.Deleted, done.Kept));
        Assert.Equal((plan.Bytes, plan.Bytes), (done.Bytes, done.BytesFreed));
        Assert.Equal(plan.Bytes, before - Used(backend));
        await using var db = await backend.DbAsync();
        Assert.Equal(["step-3.safetensors"], await db.Artifacts.Where(a => a.RunId == run).Select(a => a.FileName).ToListAsync());
        Assert.Equal(["preview.mp4", "step-3.safetensors"], (await db.Artifacts.Where(a => a.RunId == young).Select(a => a.FileName).ToListAsync()).Order());
        Assert.Empty(db.RunEvents.Where(row => row.Type == "log" && row.RunNumber == 1));
        Assert.Equal(["step-3.safetensors"], Files(backend, run));
        Assert.Contains("log.txt", Files(backend, young));
        Assert.Equal(["cleanup_scheduled", "cleanup_done"], db.AuditEntries.OrderBy(entry => entry.Id).Select(entry => entry.Action));
    }

    [Fact]
    public async Task Nothing_goes_before_its_time_and_what_is_called_off_never_goes()
    {
        await using var backend = await StartAsync();
        var boss = await backend.MemberAsync("boss", administrator: true);
        await AgeAsync(backend, await TrainedAsync(backend, await backend.MemberAsync("mei")));
        var before = Used(backend);
        var id = await ScheduleAsync(backend, boss);
        backend.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.False(await backend.Get<CleanupRunner>().AdvanceAsync(CancellationToken.None));

        Assert.Equal("not_found", (await backend.Get<RetentionService>().StopAsync(id, await backend.MemberAsync("tom"), CancellationToken.None))?.Code);
        Assert.Null(await backend.Get<RetentionService>().StopAsync(id, boss, CancellationToken.None));
        backend.Clock.Advance(TimeSpan.FromDays(1));

        Assert.False(await backend.Get<CleanupRunner>().AdvanceAsync(CancellationToken.None));
        Assert.Equal(before, Used(backend));
        Assert.Equal("cleanup_over", (await backend.Get<RetentionService>().StopAsync(id, boss, CancellationToken.None))?.Code);
        Assert.Equal(CleanupState.CalledOff, Assert.Single(await backend.Get<RetentionService>().ListAsync(boss, CancellationToken.None)).Cleanup.State);
    }

    [Fact]
    public async Task Whatever_somebody_needs_stays_and_the_preview_says_why()
    {
        await using var backend = await StartAsync();
        var (boss, mei) = (await backend.MemberAsync("boss", administrator: true), await backend.MemberAsync("mei"));
        var run = await TrainedAsync(backend, mei);
        await AgeAsync(backend, run);
        var (first, second) = (await HashAsync(backend, run, "step-1.safetensors"), await HashAsync(backend, run, "step-2.safetensors"));
        var preview = await HashAsync(backend, run, "preview.mp4");
        async Task SaysAsync(string file, params KeepReason[] reasons)
        {
            var plan = await backend.Get<RetentionService>().PreviewAsync(Strict, boss, CancellationToken.None);
            Assert.Equal(reasons, Assert.Single(plan.Kept, item => item.Name == file).Reasons);
            Assert.DoesNotContain(plan.Items, item => item.Name == file);
        }

        await using (var db = await backend.DbAsync())
        {
            var post = new Post { Id = Guid.NewGuid(), Number = 1, Slug = "a", Title = "A", AuthorId = mei.MemberId!.Value, CheckpointSha256 = first, SourceSha256 = preview, VideoSha256 = new('b', 64), CreatedAt = backend.Clock.GetUtcNow() };
            db.Posts.Add(post);
            await db.SaveChangesAsync();
            await SaysAsync("step-1.safetensors", KeepReason.Published);
            await SaysAsync("preview.mp4", KeepReason.Published);

            var collection = new Collection { Id = Guid.NewGuid(), Slug = "c", OwnerId = boss.MemberId!.Value, Title = "C" };
            db.Collections.Add(collection);
            db.CollectionItems.Add(new() { CollectionId = collection.Id, PostId = post.Id });
            await db.SaveChangesAsync();
            await SaysAsync("step-1.safetensors", KeepReason.Published, KeepReason.Collection);
        }

        Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(new SamplingSpec { Name = "More", Checkpoint = second, Prompt = "a red circle" }, new(), boss, CancellationToken.None));
        await SaysAsync("step-2.safetensors", KeepReason.Fork);

        await using (var db = await backend.DbAsync())
        {
            db.Roundtables.Add(new() { Id = Guid.NewGuid(), Slug = "r", Title = "R", StageCheckpoint = second, CreatedAt = backend.Clock.GetUtcNow() });
            db.PaperClaims.Add(new() { Id = Guid.NewGuid(), BestRunId = run });
            await db.SaveChangesAsync();
        }

        await SaysAsync("step-2.safetensors", KeepReason.Fork, KeepReason.Roundtable, KeepReason.Mentioned);
        await SaysAsync("log.txt", KeepReason.Mentioned);

        Assert.Null(await backend.Runs.PinAsync(run, true, mei, CancellationToken.None));
        await SaysAsync("preview.mp4", KeepReason.Pinned, KeepReason.Published, KeepReason.Collection, KeepReason.Mentioned);
        Assert.Equal("not_found", (await backend.Runs.PinAsync(run, false, await backend.MemberAsync("tom"), CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task Everything_of_a_run_with_an_entry_in_the_leaderboards_stays()
    {
        await using var backend = await StartAsync();
        var (boss, mei) = (await backend.MemberAsync("boss", administrator: true), await backend.MemberAsync("mei"));
        var run = await TrainedAsync(backend, mei);
        await AgeAsync(backend, run);
        await using (var db = await backend.DbAsync())
        {
            db.LeaderboardEntries.Add(new() { Id = Guid.NewGuid(), Number = 1, OwnerId = mei.MemberId!.Value, RunId = run, CheckpointSha256 = await HashAsync(backend, run, "step-3.safetensors") });
            await db.SaveChangesAsync();
        }

        var plan = await backend.Get<RetentionService>().PreviewAsync(Strict, boss, CancellationToken.None);

        Assert.Empty(plan.Items);
        Assert.All(plan.Kept, item => Assert.Equal([KeepReason.Leaderboard], item.Reasons));
    }

    [Fact]
    public async Task What_somebody_comes_to_need_after_the_preview_stays_and_it_is_said_why()
    {
        await using var backend = await StartAsync();
        var (boss, mei) = (await backend.MemberAsync("boss", administrator: true), await backend.MemberAsync("mei"));
        var run = await TrainedAsync(backend, mei);
        await AgeAsync(backend, run);
        await ScheduleAsync(backend, boss);
        var second = await HashAsync(backend, run, "step-2.safetensors");
        Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(new SamplingSpec { Name = "More", Checkpoint = second, Prompt = "a red circle" }, new(), mei, CancellationToken.None));
        backend.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.True(await backend.Get<CleanupRunner>().AdvanceAsync(CancellationToken.None));

        var view = Assert.Single(await backend.Get<RetentionService>().ListAsync(boss, CancellationToken.None));
        Assert.Equal((CleanupState.Done, 4, 1), (view.Cleanup.State, view.Cleanup.Deleted, view.Cleanup.Kept));
        Assert.Equal([(KeepReason.Fork, 1)], view.Spared);
        Assert.Equal(["step-2.safetensors", "step-3.safetensors"], Files(backend, run));
        Assert.Equal(view.Cleanup.Bytes - 2000, view.Cleanup.BytesFreed);
    }

    [Fact]
    public async Task A_file_that_two_runs_made_goes_only_when_neither_keeps_it()
    {
        await using var backend = await StartAsync();
        var (boss, mei) = (await backend.MemberAsync("boss", administrator: true), await backend.MemberAsync("mei"));
        var first = await TrainedAsync(backend, mei);
        await AgeAsync(backend, first);
        // The same bytes: one file of the store with two rows and two working folders.
        var second = await TrainedAsync(backend, mei);

        var plan = await backend.Get<RetentionService>().PreviewAsync(Strict, boss, CancellationToken.None);
        Assert.Equal([KeepReason.Shared, KeepReason.Young], Assert.Single(plan.Kept, item => item.Class == FileClass.Preview).Reasons);

        await AgeAsync(backend, second);
        var before = Used(backend);
        plan = await backend.Get<RetentionService>().PreviewAsync(Strict, boss, CancellationToken.None);
        Assert.Single(plan.Items, item => item.Class == FileClass.Preview);
        await ScheduleAsync(backend, boss);
        backend.Clock.Advance(TimeSpan.FromMinutes(10));
        await backend.Get<CleanupRunner>().AdvanceAsync(CancellationToken.None);
        Assert.Equal(plan.Bytes, before - Used(backend));
        // Its copy of the newest checkpoint is a working file: the store's is the first run's too, and stays.
        Assert.False(Directory.Exists(Path.Combine(backend.Root, "runs", second.ToString("N"))));
        Assert.True(File.Exists(backend.Get<ArtifactStore>().PathOf(await HashAsync(backend, second, "step-3.safetensors"))));
    }

    [Fact]
    public async Task A_deletion_stops_on_its_way_and_a_killed_portal_finishes_what_it_had_begun()
    {
        await using var backend = await StartAsync();
        var (boss, mei) = (await backend.MemberAsync("boss", administrator: true), await backend.MemberAsync("mei"));
        var run = await TrainedAsync(backend, mei);
        await AgeAsync(backend, run);
        var id = await ScheduleAsync(backend, boss);
        var first = await HashAsync(backend, run, "step-1.safetensors");
        await using (var db = await backend.DbAsync())
        {
            // As a portal leaves it that dies between taking the rows away and deleting the files.
            await db.Artifacts.Where(a => a.Sha256 == first).ExecuteDeleteAsync();
            var item = await db.Set<CleanupItem>().SingleAsync(item => item.Target == "blob:" + first);
            (item.State, item.Paths) = (CleanupItemState.Removing, $"artifacts/{first[..2]}/{first}\nruns/{run:N}/step-1.safetensors");
            (await db.Set<Cleanup>().SingleAsync()).State = CleanupState.Running;
            await db.SaveChangesAsync();
        }

        Assert.Null(await backend.Get<RetentionService>().StopAsync(id, boss, CancellationToken.None));
        Assert.True(await backend.Get<CleanupRunner>().AdvanceAsync(CancellationToken.None));

        var done = Assert.Single(await backend.Get<RetentionService>().ListAsync(boss, CancellationToken.None)).Cleanup;
        Assert.Equal((CleanupState.Stopped, 1, 1000L), (done.State, done.Deleted, done.BytesFreed));
        Assert.False(File.Exists(Path.Combine(backend.Root, "artifacts", first[..2], first)));
        Assert.Contains("step-2.safetensors", Files(backend, run));
    }

    [Fact]
    public async Task Only_what_was_shown_can_be_decided_on_by_administrators_one_deletion_at_a_time()
    {
        await using var backend = await StartAsync();
        var (boss, mei) = (await backend.MemberAsync("boss", administrator: true), await backend.MemberAsync("mei"));
        await AgeAsync(backend, await TrainedAsync(backend, mei));
        var retention = backend.Get<RetentionService>();
        var plan = await retention.PreviewAsync(Strict, boss, CancellationToken.None);

        Assert.Empty((await retention.PreviewAsync(Strict, mei, CancellationToken.None)).Items);
        Assert.Equal("not_found", (await retention.ScheduleAsync(Strict, plan.Digest, mei, CancellationToken.None))?.Code);
        Assert.Equal("not_found", Assert.Single(await retention.SaveAsync(Strict, mei, CancellationToken.None)).Code);
        Assert.Equal("cleanup_changed", (await retention.ScheduleAsync(Strict with { VideoDays = null }, plan.Digest, boss, CancellationToken.None))?.Code);
        Assert.Equal("cleanup_empty", (await retention.ScheduleAsync(new() { LastCheckpoints = 100 }, plan.Digest, boss, CancellationToken.None))?.Code);
        Assert.Null(await retention.ScheduleAsync(Strict, plan.Digest, boss, CancellationToken.None));
        Assert.Equal("cleanup_under_way", (await retention.ScheduleAsync(Strict, plan.Digest, boss, CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task Files_of_nobody_go_once_they_are_old()
    {
        await using var backend = await StartAsync();
        var boss = await backend.MemberAsync("boss", administrator: true);
        var folder = Directory.CreateDirectory(Path.Combine(backend.Root, "runs", Guid.NewGuid().ToString("N"))).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "left.txt"), "left");
        await File.WriteAllTextAsync(Path.Combine(backend.Root, "artifacts", ".half.tmp"), "half a file");
        var everything = new RetentionPolicy { LastCheckpoints = 1 };
        Assert.Empty((await backend.Get<RetentionService>().PreviewAsync(everything, boss, CancellationToken.None)).Items);

        backend.Clock.Advance(TimeSpan.FromDays(40));
        var plan = await backend.Get<RetentionService>().PreviewAsync(everything, boss, CancellationToken.None);

        Assert.Equal([(FileClass.Stray, ".half.tmp", 11L), (FileClass.Stray, "left.txt", 4L)], plan.Items.Select(item => (item.Class, item.Name, item.Bytes)));
        await ScheduleAsync(backend, boss, everything);
        backend.Clock.Advance(TimeSpan.FromMinutes(10));
        await backend.Get<CleanupRunner>().AdvanceAsync(CancellationToken.None);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task The_saved_policy_decides_which_checkpoints_of_a_run_that_trains_stay()
    {
        await using var backend = await Backend.StartAsync();
        var (boss, mei) = (await backend.MemberAsync("boss", administrator: true), await backend.MemberAsync("mei"));
        Assert.Empty(await backend.Get<RetentionService>().SaveAsync(new() { LastCheckpoints = 1, KeepBest = true, EverySteps = 4 }, boss, CancellationToken.None));
        var (id, grant) = await backend.RunningAsync(mei);
        var seq = 0L;
        for (var step = 1; step <= 7; step++)
        {
            await backend.ReportAsync(
                grant,
                new RunStep(step, 1, 1, [new("validation_loss", step, step == 2 ? 0.1 : 1)]) { Seq = ++seq },
                await backend.FileAsync(grant, ++seq, "checkpoint", $"step-{step}.safetensors", [(byte)step, 1, 2], step: step));
        }

        await using var db = await backend.DbAsync();
        Assert.Equal([2, 4, 7], (await db.Artifacts.Where(a => a.RunId == id).Select(a => a.Step).ToListAsync()).Order());
        Assert.Equal(1, (await backend.Get<RetentionService>().PolicyAsync(CancellationToken.None)).LastCheckpoints);
    }

    [Fact]
    public void All_that_is_wrong_with_a_policy_is_said_at_once()
    {
        Assert.Null(RetentionPolicy.Parse("none", false, "-3", "1.5", "4000", out var problems));
        Assert.Equal(["retention_last", "retention_every", "retention_videos", "retention_logs"], problems.Select(problem => problem.Code));
        Assert.Equal(new RetentionPolicy { LastCheckpoints = 3, KeepBest = true, LogDays = 0 }, RetentionPolicy.Parse(" 3 ", true, "", " ", "0", out _));
    }

    [Fact]
    public async Task What_uses_the_disk_adds_up_to_what_lies_there()
    {
        await using var backend = await StartAsync();
        var mei = await backend.MemberAsync("mei");
        var run = await TrainedAsync(backend, mei);

        var usage = await backend.Get<DiskUse>().ReadAsync(CancellationToken.None);

        Assert.Equal(Used(backend), usage.ByClass.Where(use => use.What is FileClass.Checkpoint or FileClass.Preview or FileClass.Log or FileClass.Working).Sum(use => use.Bytes));
        Assert.Equal((6, 6520L), (usage.ByMember[0].Files, usage.ByMember[0].Bytes));
        Assert.Equal((run, 6520L), (usage.ByRun[0].What.Id, usage.ByRun[0].Bytes));
        Assert.Equal((3, 6000L), usage.ByClass.Where(use => use.What == FileClass.Checkpoint).Select(use => (use.Files, use.Bytes)).Single());
    }

    // Nothing is trimmed on the way: what is there is what the policy meets.
    private static Task<Backend> StartAsync() => Backend.StartAsync(null, ("Runs:CheckpointsKept", "100"));

    /// <summary>A run that is over, with three checkpoints of 1,000, 2,000 and 3,000 bytes, a preview of 400, a log of 50 and a working file of 70.</summary>
    private static async Task<Guid> TrainedAsync(Backend backend, Viewer owner, byte salt = 0)
    {
        var (id, grant) = await backend.RunningAsync(owner);
        var events = new List<RunEvent> { new RunLog("info", "said") { Seq = 1 } };
        for (var step = 1; step <= 3; step++)
            events.Add(await backend.FileAsync(grant, step + 1, "checkpoint", $"step-{step}.safetensors", [.. Enumerable.Repeat((byte)(step + salt), 1000 * step)], step: step));
        events.Add(await backend.FileAsync(grant, 5, "preview", "preview.mp4", [.. Enumerable.Repeat((byte)(9 + salt), 400)]));
        events.Add(new RunFinished("completed", 3, 1, 0, 0) { Seq = 6 });
        await backend.ReportAsync(grant, [.. events]);
        await File.WriteAllTextAsync(Path.Combine(grant.Folder, "log.txt"), new string('l', 50));
        await File.WriteAllTextAsync(Path.Combine(grant.Folder, "points.txt"), new string('p', 70));
        await backend.EndAsync(grant);
        Assert.Equal(RunState.Succeeded, (await backend.RunAsync(id)).State);
        return id;
    }

    /// <summary>As if the run had ended 40 days ago; its files are as old as they are, so the clock goes on too.</summary>
    private static async Task AgeAsync(Backend backend, Guid run)
    {
        if (backend.Clock.GetUtcNow() < TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(1))
            backend.Clock.SetUtcNow(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(2));
        backend.Clock.Advance(TimeSpan.FromMinutes(11));
        await using var db = await backend.DbAsync();
        var now = backend.Clock.GetUtcNow();
        var old = now - TimeSpan.FromDays(39);
        await db.Runs.Where(r => r.Id != run && r.EndedAt > old).ExecuteUpdateAsync(set => set.SetProperty(r => r.EndedAt, now));
        await db.Runs.Where(r => r.Id == run).ExecuteUpdateAsync(set => set.SetProperty(r => r.EndedAt, now - TimeSpan.FromDays(40)));
    }

    private static async Task<Guid> ScheduleAsync(Backend backend, Viewer boss, RetentionPolicy? policy = null)
    {
        var retention = backend.Get<RetentionService>();
        var plan = await retention.PreviewAsync(policy ?? Strict, boss, CancellationToken.None);
        Assert.Null(await retention.ScheduleAsync(policy ?? Strict, plan.Digest, boss, CancellationToken.None));
        return (await retention.ListAsync(boss, CancellationToken.None))[0].Cleanup.Id;
    }

    private static async Task<string> HashAsync(Backend backend, Guid run, string file)
    {
        await using var db = await backend.DbAsync();
        return await db.Artifacts.Where(a => a.RunId == run && a.FileName == file).Select(a => a.Sha256).SingleAsync();
    }

    private static List<string> Files(Backend backend, Guid run) =>
        [.. Directory.EnumerateFiles(Path.Combine(backend.Root, "runs", run.ToString("N")), "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>Bytes of the store and the runs' folders as the system's own tools count them, a file with two names once.</summary>
    private static long Used(Backend backend)
    {
        using var find = Process.Start(new ProcessStartInfo("find", $"{backend.Root}/artifacts {backend.Root}/runs -type f -printf \"%i %s\\n\"") { RedirectStandardOutput = true })!;
        return find.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Sum(line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }
}
