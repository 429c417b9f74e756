using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Status;

namespace MiniSora.Web.Tests.Runs;

public class StarterCheckpointTests
{
    [Fact]
    public async Task A_new_portal_begins_with_a_checkpoint_to_sample_from()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Starter", "true"));
        await PlantAsync(backend);
        var mei = await backend.MemberAsync("mei");

        var starter = (await backend.Runs.StarterAsync(CancellationToken.None))!;
        Assert.Equal((0, starter.Sha256), (starter.RunNumber, Assert.Single(await backend.Runs.CheckpointsAsync(mei, 10, CancellationToken.None)).Sha256));
        Assert.True(await backend.Get<ArtifactStore>().HasAsync(starter.Sha256, CancellationToken.None));
        Assert.InRange(starter.Bytes, 1, 10 << 20);
        var details = (await backend.Runs.GetAsync(starter.RunId, Viewer.Visitor, CancellationToken.None))!;
        Assert.Equal((RunState.Succeeded, starter.Step), (details.Summary.State, details.Summary.Step));
        var spec = new SamplingSpec { Name = "First", Checkpoint = starter.Sha256, Prompt = "a red circle moves left" };
        var sampling = Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(spec, new(), mei, CancellationToken.None)).RunId;
        Assert.Equal(1, (await backend.RunAsync(sampling)).Number);
        var counted = await backend.Get<ReliabilityReader>().CountAsync(CancellationToken.None);
        Assert.Equal((0, 0, 1), (counted.MetricGaps, counted.StepsChecked, counted.Runs));
    }

    [Fact]
    public async Task It_comes_once_and_not_to_a_portal_that_has_runs()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Starter", "true"));
        await PlantAsync(backend);
        await PlantAsync(backend);
        var starter = (await backend.Runs.StarterAsync(CancellationToken.None))!;
        Assert.Null(await backend.Runs.DeleteAsync(starter.RunId, await backend.MemberAsync("root", administrator: true), CancellationToken.None));
        await PlantAsync(backend);
        Assert.Null(await backend.Runs.StarterAsync(CancellationToken.None));

        await using var old = await Backend.StartAsync(null, ("Runs:Starter", "true"));
        await old.SubmitAsync(await old.MemberAsync("mei"));
        await PlantAsync(old);
        Assert.Null(await old.Runs.StarterAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_happens_to_the_portals_file_does_not_happen_to_the_products()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Starter", "true"));
        await PlantAsync(backend);
        var stored = new FileInfo(backend.Get<ArtifactStore>().PathOf((await backend.Runs.StarterAsync(CancellationToken.None))!.Sha256));
        var length = new FileInfo(StarterCheckpoint.File).Length;
        await File.AppendAllTextAsync(stored.FullName, "damage");
        try
        {
            Assert.Equal(length, new FileInfo(StarterCheckpoint.File).Length);
        }
        finally
        {
            await using var mended = stored.OpenWrite();
            mended.SetLength(length);
        }
    }

    private static Task PlantAsync(Backend backend) =>
        backend.Get<IEnumerable<Microsoft.Extensions.Hosting.IHostedService>>().OfType<StarterCheckpoint>().Single().StartAsync(CancellationToken.None);
}
