using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Retention;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Tests.Api;

namespace MiniSora.Web.Tests.Artifacts;

/// <summary>A portal with a bucket, against a real server.</summary>
[Collection(S3Tests.Name)]
public sealed class S3PortalTests(S3Fixture fixture)
{
    [Fact]
    public async Task Files_of_the_bucket_have_ranges_heads_and_tags()
    {
        await using var s3 = new S3(fixture);
        using var portal = new ApiHost(settings: s3.Settings);
        using var mei = await portal.MemberAsync("mei");
        var bytes = S3StoreTests.Bytes(1000, 1);
        var stored = await s3.Store(out _).WriteAsync(new MemoryStream(bytes), CancellationToken.None);
        var address = $"/files/{stored.Sha256}/clip.mp4";

        using var head = await mei.SendAsync(new(HttpMethod.Head, address));
        Assert.Equal((HttpStatusCode.OK, 1000L, "video/mp4", $"\"{stored.Sha256}\""), (head.StatusCode, head.Content.Headers.ContentLength, head.Content.Headers.ContentType?.MediaType, head.Headers.ETag?.Tag));
        using var range = await mei.SendAsync(new(HttpMethod.Get, address) { Headers = { Range = new(990, null) } });
        Assert.Equal(HttpStatusCode.PartialContent, range.StatusCode);
        Assert.Equal(bytes[990..], await range.Content.ReadAsByteArrayAsync());
        using var known = await mei.SendAsync(new(HttpMethod.Get, address) { Headers = { IfNoneMatch = { new EntityTagHeaderValue($"\"{stored.Sha256}\"") } } });
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Equal(bytes, await mei.GetByteArrayAsync($"/api/v1/files/{stored.Sha256}/a.bin"));
        Assert.Equal(HttpStatusCode.NotFound, (await mei.GetAsync($"/files/{new string('0', 64)}/clip.mp4")).StatusCode);
    }

    [Theory]
    [InlineData("en", "does not answer")]
    [InlineData("zh-CN", "没有响应")]
    public async Task While_the_bucket_is_away_a_file_is_not_missing_but_later(string language, string said)
    {
        await using var s3 = new S3(fixture);
        using var portal = new ApiHost(settings: s3.Settings);
        using var mei = portal.With(await portal.TokenAsync("mei", [Web.Api.ApiScopes.Read]), language);
        var stored = await s3.Store(out _).WriteAsync(new MemoryStream(S3StoreTests.Bytes(1000, 2)), CancellationToken.None);
        s3.Cut();

        foreach (var address in (string[])[$"/files/{stored.Sha256}/clip.mp4", $"/api/v1/files/{stored.Sha256}/a.bin"])
        {
            using var answer = await mei.GetAsync(address);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal("10", answer.Headers.RetryAfter?.ToString());
            using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            Assert.Equal("files_away", problem.RootElement.GetProperty("code").GetString());
            Assert.Contains(said, problem.RootElement.GetProperty("title").GetString(), StringComparison.Ordinal);
            Assert.True(answer.Headers.CacheControl is { NoStore: true, MaxAge: null });
        }
    }

    [Fact]
    public async Task A_report_waits_for_the_bucket_and_loses_nothing()
    {
        await using var s3 = new S3(fixture);
        await using var backend = await Backend.StartAsync(settings: s3.Settings);
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        RunEvent[] report = [await backend.FileAsync(grant, 1, "checkpoint", "step-1.safetensors", [1, 2, 3], step: 1), Backend.Step(2, 1, 0.5)];
        s3.Cut();

        await Assert.ThrowsAnyAsync<LedgerAwayException>(() => backend.ReportAsync(grant, report));
        Assert.Equal(0, await backend.Ledger.LastSeqAsync(id, grant.Attempt, CancellationToken.None));
        s3.Mend();
        Assert.Equal(ReportOutcome.Accepted, await backend.ReportAsync(grant, report));

        await using var db = await backend.DbAsync();
        Assert.Equal([(await db.Artifacts.SingleAsync()).Sha256], await s3.FilesAsync());
        Assert.Equal(2, await backend.Ledger.LastSeqAsync(id, grant.Attempt, CancellationToken.None));
    }

    [Fact]
    public async Task A_run_has_its_files_on_the_disk_while_it_works_and_waits_unclaimed_when_they_cannot_be_had()
    {
        await using var s3 = new S3(fixture);
        await using var backend = await Backend.StartAsync(settings: [.. s3.Settings, ("Artifacts:S3:CacheBytes", "1048576")]);
        var mei = await backend.MemberAsync("mei");
        var (_, training) = await backend.RunningAsync(mei);
        await backend.ReportAsync(training, await backend.FileAsync(training, 1, "checkpoint", "step-1.safetensors", S3StoreTests.Bytes(1000, 3), step: 1));
        await backend.EndAsync(training);
        var checkpoint = Assert.Single(await backend.Runs.CheckpointsAsync(mei, 10, CancellationToken.None));
        var id = Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(new SamplingSpec { Name = "One", Checkpoint = checkpoint.Sha256, Prompt = "a red circle" }, new(), mei, CancellationToken.None)).RunId;
        Directory.Delete(Path.Combine(backend.Root, "artifacts", ArtifactCache.Name), recursive: true);

        s3.Cut();
        await Assert.ThrowsAnyAsync<LedgerAwayException>(() => backend.Ledger.ClaimAsync(id, "test", CancellationToken.None));
        Assert.Equal((RunState.Queued, 0), ((await backend.RunAsync(id)).State, (await backend.RunAsync(id)).CurrentAttempt));
        s3.Mend();
        var grant = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
        var store = backend.Get<ArtifactStore>();
        await store.WriteAsync(new MemoryStream(S3StoreTests.Bytes(1 << 20, 4)), CancellationToken.None);

        Assert.Equal(S3StoreTests.Bytes(1000, 3), await File.ReadAllBytesAsync(grant.Inputs[checkpoint.Sha256]));
        await backend.EndAsync(grant);
        await store.WriteAsync(new MemoryStream(S3StoreTests.Bytes(1 << 20, 5)), CancellationToken.None);
        Assert.False(File.Exists(grant.Inputs[checkpoint.Sha256]));
    }

    [Fact]
    public async Task Preview_and_clean_up_see_the_bucket_and_spare_what_is_young()
    {
        await using var s3 = new S3(fixture);
        await using var backend = await Backend.StartAsync(settings: [.. s3.Settings, ("Runs:CheckpointsKept", "100"), ("Retention:UndoMinutes", "0")]);
        var boss = await backend.MemberAsync("boss", administrator: true);
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(
            grant, await backend.FileAsync(grant, 1, "checkpoint", "step-1.safetensors", S3StoreTests.Bytes(1000, 1), step: 1),
            await backend.FileAsync(grant, 2, "checkpoint", "step-2.safetensors", S3StoreTests.Bytes(2000, 2), step: 2), new RunFinished("completed", 2, 1, 0, 0) { Seq = 3 });
        await backend.EndAsync(grant);
        var other = s3.Store(out _);
        var stray = (await other.WriteAsync(new MemoryStream(S3StoreTests.Bytes(500, 3)), CancellationToken.None)).Sha256;
        Directory.Delete(Path.Combine(backend.Root, "runs", id.ToString("N")), recursive: true);
        var policy = new RetentionPolicy { LastCheckpoints = 1 };
        var retention = backend.Get<RetentionService>();

        Assert.Empty((await retention.PreviewAsync(policy, boss, CancellationToken.None)).Items);
        // Whole seconds are all that the server tells.
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        backend.Clock.SetUtcNow(TimeProvider.System.GetUtcNow() + RetentionPlanner.Youth);
        var plan = await retention.PreviewAsync(policy, boss, CancellationToken.None);
        Assert.Equal([(FileClass.Checkpoint, "step-1.safetensors", 1000L), (FileClass.Stray, stray, 500L)], plan.Items.OrderBy(item => item.Class).Select(item => (item.Class, item.Name, item.Bytes)));
        Assert.Null(await retention.ScheduleAsync(policy, plan.Digest, boss, CancellationToken.None));

        // Another portal comes to need the stray.
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        Assert.NotNull(await other.AgainAsync(stray, CancellationToken.None));
        Assert.True(await backend.Get<CleanupRunner>().AdvanceAsync(CancellationToken.None));

        var done = Assert.Single(await retention.ListAsync(boss, CancellationToken.None));
        Assert.Equal((CleanupState.Done, 1, 1, 1000L), (done.Cleanup.State, done.Cleanup.Deleted, done.Cleanup.Kept, done.Cleanup.BytesFreed));
        Assert.Equal((KeepReason.Young, 1), Assert.Single(done.Spared));
        Assert.Equal(new[] { stray, S3StoreTests.Hash(S3StoreTests.Bytes(2000, 2)) }.Order(), (await s3.FilesAsync()).Order());
    }

    [Fact]
    public async Task What_nobody_names_is_swept_from_the_bucket()
    {
        await using var s3 = new S3(fixture);
        await using var backend = await Backend.StartAsync(settings: s3.Settings);
        var stray = (await backend.Get<ArtifactStore>().WriteAsync(new MemoryStream(S3StoreTests.Bytes(500, 3)), CancellationToken.None)).Sha256;
        var cleaner = backend.Get<ArtifactCleaner>();
        Assert.Equal(0, await cleaner.SweepAsync(CancellationToken.None));
        Assert.Equal([stray], await s3.FilesAsync());
        backend.Clock.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal(1, await cleaner.SweepAsync(CancellationToken.None));

        Assert.Empty(await s3.FilesAsync());
    }

    [Fact]
    public async Task The_page_about_room_says_where_the_files_are()
    {
        await using var s3 = new S3(fixture);
        await using var backend = await Backend.StartAsync(settings: s3.Settings);
        await backend.Get<ArtifactStore>().WriteAsync(new MemoryStream(S3StoreTests.Bytes(3000, 3)), CancellationToken.None);
        await s3.Store(out _).WriteAsync(new MemoryStream(S3StoreTests.Bytes(500, 4)), CancellationToken.None);

        var use = (await backend.Get<DiskUse>().ReadAsync(CancellationToken.None)).Bucket!;

        Assert.Equal((backend.Get<ArtifactStore>().Bucket!.Name, s3.Endpoint, 3500L, 3000L, 0), (use.Name, use.Place, use.Bytes, use.CachedBytes, use.WaitingFiles));
    }

    [Fact]
    public async Task A_portal_without_its_bucket_does_not_start()
    {
        await using var s3 = new S3(fixture);
        s3.Cut();
        Assert.Equal(PortalStart.BucketAway, await StartAsync(s3.Settings));
        s3.Mend();
        Assert.Equal(PortalStart.BucketAway, await StartAsync([.. s3.Settings, ("Artifacts:S3:Bucket", "nobody-made-this-bucket")]));
        Assert.Equal(PortalStart.BucketAway, await StartAsync([.. s3.Settings, ("Artifacts:S3:AccessKey", "nobody")]));
        Assert.Null(await StartAsync(s3.Settings));
        Assert.Empty(await s3.KeysAsync());
    }

    [Theory]
    [InlineData("Artifacts:S3:Bucket", "a/b")]
    [InlineData("Artifacts:S3:Endpoint", "s3.example:9000")]
    [InlineData("Artifacts:S3:SecretKey", "")]
    [InlineData("Artifacts:S3:CacheBytes", "0")]
    [InlineData("Artifacts:S3:Prefix", "/minisora")]
    public async Task Settings_that_cannot_be_are_refused(string name, string value)
    {
        await using var s3 = new S3(fixture);
        await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync([.. s3.Settings, (name, value)]));
    }

    private static async Task<int?> StartAsync((string Name, string Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("minisora-start-");
        try
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Configuration["Data"] = folder.FullName;
            builder.Configuration["Runs:Execute"] = "false";
            builder.Configuration["Datasets:PrepareAtStart"] = "false";
            foreach (var (name, value) in settings)
                builder.Configuration[name] = value;
            builder.Logging.ClearProviders();
            builder.AddMiniSoraBackend();
            await using var app = builder.Build();
            return await app.PrepareMiniSoraAsync(CancellationToken.None);
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            folder.Delete(recursive: true);
        }
    }
}
