using MiniSora.Web.Account;
using MiniSora.Web.Gallery;
using MiniSora.Web.Lineage;

namespace MiniSora.Web.Tests.Lineage;

public class LineageReaderTests
{
    private static readonly string A = Family.Sha('a'), B = Family.Sha('b'), C = Family.Sha('c');

    [Fact]
    public async Task A_checkpoint_stands_between_what_it_came_from_and_what_was_made_from_it()
    {
        await using var backend = await Backend.StartAsync();
        await using (var context = await backend.DbAsync())
        {
            var family = new Family(context, (await backend.MemberAsync("mei")).MemberId!.Value);
            var first = family.Training(1, "shapes", null, (A, 100));
            family.Training(2, "world-brush", (A, 100), (B, 200), (C, 300));
            family.Entry(1, A, first);
            family.Post(1, A);
            family.Post(2, A, hidden: true);
            family.Post(3, C);
            await context.SaveChangesAsync();
        }

        var tree = (await backend.Get<LineageReader>().OfCheckpointAsync(A, null, CancellationToken.None))!;
        Assert.Equal(
            [
                "Dataset shapes /datasets/shapes", "Training Run 1 1", $"Checkpoint {A} 100 here", "Entry Entry 1 1", "Fork Run 2 2 on world-brush",
                $"Checkpoint {C} 300", "Video Clip 3", "Video Clip 1",
            ],
            tree.All().Select(Say));

        // From the other end: the fork's checkpoint, back to the first data.
        var fork = (await backend.Get<LineageReader>().OfCheckpointAsync(C, null, CancellationToken.None))!;
        Assert.Equal(
            ["Dataset shapes /datasets/shapes", "Training Run 1 1", $"Checkpoint {A} 100", "Fork Run 2 2 on world-brush", $"Checkpoint {C} 300 here", "Video Clip 3"],
            fork.All().Select(Say));
        Assert.Null(await backend.Get<LineageReader>().OfCheckpointAsync(Family.Sha('f'), null, CancellationToken.None));
    }

    [Fact]
    public async Task A_video_is_found_among_the_others_of_its_checkpoint_even_when_they_are_many()
    {
        await using var backend = await Backend.StartAsync();
        await using (var context = await backend.DbAsync())
        {
            var family = new Family(context, (await backend.MemberAsync("mei")).MemberId!.Value);
            family.Training(1, "shapes", null, (A, 100));
            for (var k = 1; k <= 9; k++)
                family.Post(k, A);
            await context.SaveChangesAsync();
        }

        async Task<LineageNode> Checkpoint(string slug)
        {
            var post = await backend.Get<GalleryService>().GetAsync(slug, Viewer.Visitor, CancellationToken.None);
            return (await backend.Get<LineageReader>().OfCheckpointAsync(A, post, CancellationToken.None))!.All().Single(node => node.Kind == LineageKind.Checkpoint);
        }

        var oldest = await Checkpoint("clip-1");
        Assert.Equal(["Clip 1", "Clip 9", "Clip 8", "Clip 7", "Clip 6", "Clip 5", "Clip 4"], oldest.Children.Select(node => node.Title));
        Assert.Equal((true, false, 2), (oldest.Children[0].Here, oldest.Here, oldest.More));
        var newest = await Checkpoint("clip-9");
        Assert.Equal((6, 3, "Clip 9"), (newest.Children.Count, newest.More, newest.Children.Single(node => node.Here).Title));
    }

    [Fact]
    public async Task A_video_whose_training_is_gone_still_names_its_data()
    {
        await using var backend = await Backend.StartAsync();
        await using (var context = await backend.DbAsync())
        {
            new Family(context, (await backend.MemberAsync("mei")).MemberId!.Value).Post(1, A, "my-cats");
            await context.SaveChangesAsync();
        }

        var post = await backend.Get<GalleryService>().GetAsync("clip-1", Viewer.Visitor, CancellationToken.None);
        var tree = (await backend.Get<LineageReader>().OfCheckpointAsync(A, post, CancellationToken.None))!;
        Assert.Equal(["Dataset my-cats ", $"Checkpoint {A}", "Video Clip 1 here"], tree.All().Select(Say));
    }

    [Fact]
    public async Task A_dataset_lists_the_runs_that_learned_from_it_and_a_fork_below_its_origin()
    {
        await using var backend = await Backend.StartAsync();
        await using (var context = await backend.DbAsync())
        {
            var family = new Family(context, (await backend.MemberAsync("mei")).MemberId!.Value);
            family.Training(1, "shapes", null, (A, 100));
            family.Training(2, "shapes", (A, 100), (B, 200));
            family.Training(3, "world-grid");
            family.Training(4, "shapes");
            await context.SaveChangesAsync();
        }

        var lineages = backend.Get<LineageReader>();
        var tree = await lineages.OfDatasetAsync("shapes", CancellationToken.None);
        Assert.Equal(
            ["Dataset shapes /datasets/shapes here", "Training Run 4 4", "Training Run 1 1", $"Checkpoint {A} 100", "Fork Run 2 2", $"Checkpoint {B} 200"],
            tree.All().Select(Say));
        Assert.Equal((3, 1, 0), (await lineages.RunsOfAsync("shapes", CancellationToken.None), await lineages.RunsOfAsync("world-grid", CancellationToken.None), await lineages.RunsOfAsync("shape", CancellationToken.None)));
    }

    private static string Say(LineageNode node) =>
        $"{node.Kind} {node.Title}{(node.Kind == LineageKind.Dataset ? " " + node.Url : "")}{(node.Number is { } number ? $" {number}" : "")}"
        + $"{(node is { Kind: LineageKind.Checkpoint, Step: { } step } ? $" {step}" : "")}{(node.OtherDataset.Length > 0 ? " on " + node.OtherDataset : "")}{(node.Here ? " here" : "")}";
}
