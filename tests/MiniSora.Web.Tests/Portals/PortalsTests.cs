using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Worker;
using MiniSora.Tests;
using MiniSora.Web.Account;
using MiniSora.Web.Passports;
using MiniSora.Web.Portals;
using MiniSora.Web.Queue;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Tests.Portals;

/// <summary>Two portals on one PostgreSQL, with a Redis between them.</summary>
[Collection(PostgresTests.Name)]
public sealed class PortalsTests(Postgres postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private RedisServer? redis;
    private Backend? lead;
    private Backend? front;
    private string database = "";

    private Backend Lead => lead!;

    private Backend Front => front!;

    public async Task InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        try
        {
            database = await postgres.CreateAsync();
            lead = await StartAsync(PortalRole.Lead);
            var shared = new DataFolder(Directory.CreateTempSubdirectory("minisora-front-").FullName);
            shared.Create();
            File.Copy(PassportKey.PathOf(new(lead.Root)), PassportKey.PathOf(shared));
            front = await StartAsync(PortalRole.Front, shared.Root);
        }
        catch
        {
            // Nobody else ends what was begun.
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        if (front is not null)
        {
            await front.DisposeAsync();
            Directory.Delete(front.Root, recursive: true);
        }

        if (lead is not null)
            await lead.DisposeAsync();
        await redis!.DisposeAsync();
    }

    [Fact]
    public async Task Viewers_at_one_portal_hear_what_runs_report_to_the_other()
    {
        var mei = await Lead.MemberAsync("mei");
        var (run, grant) = await Lead.RunningAsync(mei);
        var heard = new List<LiveEvent>();
        using var listening = Front.Get<RunFeed>().Subscribe(run, happened =>
        {
            lock (heard)
                heard.Add(happened);
        });
        await Lead.ReportAsync(grant, Backend.Step(1, 1, 0.5), Backend.Step(2, 2, 0.4));
        await UntilAsync(() => heard.Count(happened => happened.Type == "step") == 2);
        Assert.Equal(heard.OrderBy(happened => happened.Seq).Select(happened => happened.Seq), heard.Select(happened => happened.Seq));
        Assert.Equal((await Front.RunAsync(run)).LastSeq, heard[^1].Seq);
    }

    [Fact]
    public async Task What_is_submitted_and_stopped_at_one_portal_is_acted_on_at_the_other()
    {
        var mei = await Front.MemberAsync("mei");
        var rung = 0;
        Lead.Get<RunWake>().Rung += () => Interlocked.Increment(ref rung);
        var id = await Front.SubmitAsync(mei);
        await UntilAsync(() => Volatile.Read(ref rung) > 0);

        var grant = Assert.IsType<RunGrant>(await Lead.Ledger.ClaimAsync(id, "test", CancellationToken.None));
        var stop = Lead.Ledger.WaitForStopAsync(id, grant.Attempt, CancellationToken.None);
        // It looked and nobody had asked: what wakes it comes over the line.
        await Task.Delay(300);
        Assert.False(stop.IsCompleted);
        Assert.Null(await Front.Runs.CancelAsync(id, mei, CancellationToken.None));
        Assert.Equal(StopRequest.Cancel, await stop.WaitAsync(Patience));
    }

    [Fact]
    public async Task Two_portals_write_at_once_and_no_number_is_given_twice()
    {
        var mei = await Lead.MemberAsync("mei");
        var (run, _) = await Lead.RunningAsync(mei);
        var before = (await Lead.RunAsync(run)).LastSeq;
        Task Tell(Backend portal) => portal.Get<RunWriting>().DoAsync(
            async write => write.Tell((await write.Context.Runs.FindAsync([run]))!, "log", new() { ["text"] = "x" }), CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(k => Task.Run(() => Tell(k % 2 == 0 ? Lead : Front))));
        Assert.Equal(before + 60, (await Lead.RunAsync(run)).LastSeq);
    }

    [Fact]
    public async Task A_room_is_the_same_at_both_portals()
    {
        var (mei, tom, ada) = (await Lead.MemberAsync("mei"), await Lead.MemberAsync("tom"), await Lead.MemberAsync("ada"));
        var slug = (await Lead.Get<RoundtableService>().ProposeAsync("Latte", "All of it", "", present: true, mei, CancellationToken.None)).Slug!;
        var (here, there) = (Lead.Get<LiveRooms>(), Front.Get<LiveRooms>());
        await DoAsync(here, slug, "prompt", new() { ["text"] = "a cat" }, mei);
        var id = Assert.IsType<Guid>(await there.CountAsync(slug, 1, CancellationToken.None));
        Assert.Single(there.Now(id).Prompts);

        // What is done at one is shown at the other without anybody asking.
        await DoAsync(here, slug, "prompt", new() { ["text"] = "a dog" }, mei);
        await UntilAsync(() => there.Now(id).Prompts.Count == 2);
        await here.CountAsync(slug, 2, CancellationToken.None);
        await UntilAsync(() => there.Now(id).Here == 3 && here.Now(id).Here == 3);
        there.Left(id);
        await UntilAsync(() => here.Now(id).Here == 2);

        // At once at both: every action gets a number of its own and counts.
        await Task.WhenAll(Enumerable.Range(0, 12).Select(k => Task.Run(() => DoAsync(k % 2 == 0 ? here : there, slug, "question", new() { ["text"] = $"Why {k}?" }, k % 2 == 0 ? tom : ada))));
        await UntilAsync(() => here.Now(id).Questions.Count == 12 && there.Now(id).Questions.Count == 12);
        Assert.Equal(here.Now(id).Seq, there.Now(id).Seq);
    }

    [Fact]
    public async Task The_front_knows_the_leads_workers_and_notices_when_the_lead_is_away()
    {
        Lead.Get<Fleet>().Join("line-1", new("gpu-1", "1.0", [new("cuda:0", "24g")]));
        Lead.Get<RunSlots>().Take(Guid.NewGuid());
        await Lead.ServeAsync();
        await Front.ServeAsync();
        await UntilAsync(() =>
        {
            Lead.Clock.Advance(TimeSpan.FromSeconds(1));
            Front.Clock.Advance(TimeSpan.FromSeconds(5));
            return Front.Get<QueueCapacity>().Devices == 1;
        });
        Assert.Equal("gpu-1", Assert.Single(Front.Get<Fleet>().Workers).Hello.Name);
        Assert.Single(Front.Get<RunSlots>().Held);
        Assert.True(Front.Get<LeadMirror>().HasLead);

        await redis!.KillAsync();
        await redis.RunAsync();
        await UntilAsync(() =>
        {
            Front.Clock.Advance(TimeSpan.FromSeconds(5));
            return !Front.Get<LeadMirror>().HasLead;
        });
        Assert.Equal(0, Front.Get<QueueCapacity>().Devices);
    }

    [Fact]
    public async Task What_is_said_while_Redis_is_away_is_heard_when_it_is_back()
    {
        var mei = await Lead.MemberAsync("mei");
        var (run, grant) = await Lead.RunningAsync(mei);
        var heard = new System.Collections.Concurrent.ConcurrentBag<long>();
        using var listening = Front.Get<RunFeed>().Subscribe(run, happened => heard.Add(happened.Seq));
        await redis!.KillAsync();
        await UntilAsync(() => !Front.Get<PortalLine>().IsWhole && !Lead.Get<PortalLine>().IsWhole);
        await Lead.ReportAsync(grant, Backend.Step(1, 1, 0.5));
        await Lead.EndAsync(grant);
        var last = (await Lead.RunAsync(run)).LastSeq;
        Assert.DoesNotContain(last, heard);
        await redis.RunAsync();
        await UntilAsync(() => heard.Contains(last));
    }

    [Fact]
    public void Who_is_signed_in_at_one_portal_is_so_at_the_other()
    {
        var cookie = Lead.Get<IDataProtectionProvider>().CreateProtector("cookie").Protect("mei");
        Assert.Equal("mei", Front.Get<IDataProtectionProvider>().CreateProtector("cookie").Unprotect(cookie));
        Assert.Equal(Lead.Get<PassportKey>().Public, Front.Get<PassportKey>().Public);
    }

    [Fact]
    public async Task One_portal_leads()
    {
        await using var second = new LeadSeat(database, NullLogger<LeadSeat>.Instance);
        Assert.False(await second.TakeAsync(TimeSpan.FromMilliseconds(200), CancellationToken.None));
        var seat = Lead.Get<LeadSeat>();
        Assert.True(await seat.HoldAsync(CancellationToken.None));

        // The database was restarted: the seat is taken again, and lost when somebody else was faster.
        await EndSessionsAsync();
        Assert.True(await seat.HoldAsync(CancellationToken.None));
        Assert.False(await second.TakeAsync(TimeSpan.FromMilliseconds(200), CancellationToken.None));
        await EndSessionsAsync();
        Assert.True(await second.TakeAsync(TimeSpan.FromSeconds(5), CancellationToken.None));
        Assert.False(await seat.HoldAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_front_portal_that_lacks_what_it_shares_says_all_of_it_and_does_not_start()
    {
        var said = new StringWriter();
        var before = Console.Error;
        Console.SetError(said);
        try
        {
            var folder = Directory.CreateTempSubdirectory("minisora-front-").FullName;
            var builder = WebApplication.CreateSlimBuilder();
            builder.Configuration["Data"] = folder;
            builder.Configuration["Portals:Role"] = "front";
            builder.Logging.ClearProviders();
            builder.AddMiniSoraBackend();
            await using var app = builder.Build();
            Assert.Equal(PortalStart.NothingShared, await app.PrepareMiniSoraAsync(CancellationToken.None));
            Directory.Delete(folder, recursive: true);
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.Contains("ConnectionStrings__Redis", said.ToString(), StringComparison.Ordinal);
        Assert.Contains("passport.ed25519", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_front_portal_that_does_not_see_the_files_says_so_and_does_not_start()
    {
        var (_, grant) = await Lead.RunningAsync(await Lead.MemberAsync("mei"));
        await Lead.ReportAsync(grant, await Lead.FileAsync(grant, 1, "video", "clip.mp4", [1, 2, 3]));
        var folder = Front.Root;
        await Front.DisposeAsync();
        front = null;
        Assert.Equal(PortalStart.NothingShared, await ExitAsync());
        Directory.Delete(Path.Combine(folder, "artifacts"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(folder, "artifacts"), Path.Combine(Lead.Root, "artifacts"));
        Assert.Null(await ExitAsync());
        Directory.Delete(folder, recursive: true);

        async Task<int?> ExitAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            foreach (var (name, value) in Settings(PortalRole.Front))
                builder.Configuration[name] = value;
            builder.Configuration["Data"] = folder;
            builder.Logging.ClearProviders();
            builder.AddMiniSoraBackend();
            await using var app = builder.Build();
            return await app.PrepareMiniSoraAsync(CancellationToken.None);
        }
    }

    private async Task EndSessionsAsync()
    {
        await using var connection = new Npgsql.NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'minisora-lead' AND datname = current_database()";
        await command.ExecuteNonQueryAsync();
    }

    private Task<Backend> StartAsync(PortalRole role, string? folder = null) => Backend.StartAsync(folder, Settings(role));

    private (string Name, string Value)[] Settings(PortalRole role) =>
        [("Urls", "http://127.0.0.1:0"), ("ConnectionStrings:Portal", database), ("ConnectionStrings:Redis", redis!.Address), ("Portals:Role", role.ToString())];

    private static async Task DoAsync(LiveRooms rooms, string slug, string type, JsonObject data, Viewer viewer) => Assert.Empty(await rooms.ActAsync(slug, type, data, viewer, CancellationToken.None));

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var patience = Stopwatch.StartNew(); !holds(); await Task.Delay(20))
            Assert.True(patience.Elapsed < Patience, "It did not become so in time.");
    }
}
