using MiniSora.Web.Models;
using MiniSora.Web.Tests.Lineage;

namespace MiniSora.Web.Tests.Models;

public class ModelReaderTests
{
    private static readonly string A = Family.Sha('a'), B = Family.Sha('b');

    [Fact]
    public async Task A_model_is_found_by_its_hash_or_as_the_newest_of_a_run()
    {
        await using var backend = await Backend.StartAsync();
        await using (var context = await backend.DbAsync())
        {
            var family = new Family(context, (await backend.MemberAsync("mei")).MemberId!.Value);
            family.Training(1, "shapes", null, (A, 100), (B, 200));
            family.Training(2, "shapes");
            family.Post(1, A);
            family.Post(2, A, hidden: true);
            await context.SaveChangesAsync();
        }

        var models = backend.Get<ModelReader>();
        var card = (await models.FindAsync(A, CancellationToken.None))!.Card!;
        Assert.Equal((100L, 1L, "mei", 1, null), (card.Step, card.RunNumber, card.OwnerName, card.PostCount, card.DownloadUrl));
        Assert.Equal("Clip 1", Assert.Single(card.Posts).Title);
        Assert.Equal([(A, 100L), (B, 200L)], card.Versions.Select(version => (version.Sha256, version.Step)));
        Assert.True(card.Parameters > 100_000);
        Assert.Equal(B, (await models.FindAsync("1", CancellationToken.None))!.Card!.Sha256);
        Assert.Null((await models.FindAsync("2", CancellationToken.None))!.Card);
        Assert.Null(await models.FindAsync("3", CancellationToken.None));
        Assert.Null(await models.FindAsync("../x", CancellationToken.None));
        Assert.Null(await models.FindAsync(Family.Sha('f'), CancellationToken.None));
    }

    [Fact]
    public async Task A_model_can_be_downloaded_while_its_file_is_kept()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (_, grant) = await backend.RunningAsync(mei);
        var file = await backend.FileAsync(grant, 1, "checkpoint", "1.safetensors", [9, 9], step: 10);
        await backend.ReportAsync(grant, file);

        var card = (await backend.Get<ModelReader>().FindAsync("1", CancellationToken.None))!.Card!;
        Assert.Equal($"/files/{file.Sha256}/1.safetensors?download=1", card.DownloadUrl);
    }
}
