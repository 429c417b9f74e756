using MiniSora.Jobs.Runs;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

/// <summary>Pictures of clips on their way: there while they say something, and gone with what they led to.</summary>
public class EstimateTests
{
    [Fact]
    public async Task What_a_clip_was_like_on_its_way_goes_when_the_clip_is_there_and_the_rest_with_the_attempt()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        var store = backend.Get<ArtifactStore>();
        var (first, second, other) = (await EstimateAsync(backend, grant, 1, 0, 1), await EstimateAsync(backend, grant, 2, 0, 8), await EstimateAsync(backend, grant, 3, 1, 1));
        await backend.ReportAsync(grant, first, second);
        Assert.Equal([(1L, 20L), (8, 20)], await ShownAsync(backend, id, mei));
        // Said again, as after a lost receipt, it is the same event.
        await backend.ReportAsync(grant, first, second, other);
        Assert.Equal([(1L, 20L), (8, 20), (1, 20)], await ShownAsync(backend, id, mei));
        Assert.True(await store.HasAsync(first.Sha256, CancellationToken.None) && await store.HasAsync(other.Sha256, CancellationToken.None));

        await backend.ReportAsync(grant, await backend.FileAsync(grant, 4, "video", "clip-000.mp4", [40], index: 0));
        Assert.Equal([(1L, 20L)], await ShownAsync(backend, id, mei));
        Assert.False(await store.HasAsync(first.Sha256, CancellationToken.None) || await store.HasAsync(second.Sha256, CancellationToken.None));
        Assert.True(await store.HasAsync(other.Sha256, CancellationToken.None));
        Assert.False(File.Exists(Path.Combine(grant.Folder, first.Path)));

        // The next attempt begins again, from nothing.
        await backend.EndAsync(grant, exitCode: 137);
        Assert.Empty(await ShownAsync(backend, id, mei));
        Assert.False(await store.HasAsync(other.Sha256, CancellationToken.None));
        grant = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
        await backend.ReportAsync(grant, await EstimateAsync(backend, grant, 1, 1, 1));
        Assert.Equal([(1L, 20L)], await ShownAsync(backend, id, mei));
    }

    [Fact]
    public async Task Clip_and_pictures_in_one_report_leave_the_clip()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        var estimate = await EstimateAsync(backend, grant, 1, 0, 1);
        await backend.ReportAsync(grant, estimate, await backend.FileAsync(grant, 2, "video", "clip-000.mp4", [40], index: 0));
        Assert.Equal("video", Assert.Single((await backend.Runs.GetAsync(id, mei, CancellationToken.None))!.Artifacts).Kind);
        Assert.False(await backend.Get<ArtifactStore>().HasAsync(estimate.Sha256, CancellationToken.None));
    }

    [Fact]
    public async Task A_room_hears_of_the_next_step_of_the_run_on_its_stage_with_its_state()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var rooms = backend.Get<LiveRooms>();
        var slug = (await backend.Get<RoundtableService>().ProposeAsync("Latte", "All of it", "", present: true, mei, CancellationToken.None)).Slug!;
        var (id, grant) = await backend.RunningAsync(mei);
        Assert.Empty(await rooms.ActAsync(slug, "began", [], mei, CancellationToken.None));
        Assert.Empty(await rooms.ActAsync(slug, "clips", new() { ["runId"] = id.ToString() }, mei, CancellationToken.None));
        Assert.Null((await rooms.NowAsync(slug, CancellationToken.None))!.Scene.Made);
        var told = 0;
        rooms.Changed += _ => told++;
        using var heard = backend.Get<RunFeed>().SubscribeAll(rooms.Heard);

        await backend.ReportAsync(grant, await EstimateAsync(backend, grant, 1, 0, 8));
        var made = (await rooms.NowAsync(slug, CancellationToken.None))!.Scene.Made!;
        Assert.Equal((0, 8L, 20L, "a red circle"), (made.Index, made.Step, made.Steps, made.Prompt));
        Assert.StartsWith("/files/", made.Url, StringComparison.Ordinal);
        Assert.True(told > 0);
        // A film has no steps; another scene shows neither.
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 2, "video", "clip-000.mp4", [40], index: 0));
        Assert.Null((await rooms.NowAsync(slug, CancellationToken.None))!.Scene.Made!.Steps);
        Assert.Empty(await rooms.ActAsync(slug, "blank", [], mei, CancellationToken.None));
        Assert.Null((await rooms.NowAsync(slug, CancellationToken.None))!.Scene.Made);
    }

    private static async Task<RunArtifact> EstimateAsync(Backend backend, RunGrant grant, long seq, int clip, int step)
    {
        Directory.CreateDirectory(new RunFolder(grant.Folder).Previews);
        return await backend.FileAsync(grant, seq, "estimate", Path.Combine("previews", EstimateFile.NameOf(clip, step, 20)), [(byte)grant.Attempt, (byte)clip, (byte)step], clip, step);
    }

    private static async Task<IEnumerable<(long, long)>> ShownAsync(Backend backend, Guid id, Web.Account.Viewer viewer) =>
        (await backend.Runs.GetAsync(id, viewer, CancellationToken.None))!.Artifacts.Where(artifact => artifact.Kind == "estimate").OrderBy(artifact => artifact.Index).ThenBy(artifact => artifact.Step).Select(artifact => (artifact.Step, artifact.Steps!.Value));
}
