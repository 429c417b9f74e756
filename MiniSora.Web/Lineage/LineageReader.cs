using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Web.Gallery;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Lineage;

/// <summary>
/// What was made from what: dataset, training run, checkpoint, video and leaderboard entry, forks in between. All of it is in what
/// runs, files, posts and entries say of each other; nothing is stored for it. Videos out of sight are not part of it.
/// </summary>
internal sealed class LineageReader(IDbContextFactory<MiniSoraDbContext> contexts, DataFolder folder)
{
    // What a person can still read. The pages of the things themselves list the rest.
    private const int MostAncestors = 4, Levels = 2, MostEach = 6, MostRuns = 12, MostRows = 300;

    /// <summary>A dataset and the newest runs that learned from it.</summary>
    public async Task<LineageNode> OfDatasetAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = Trainings(context, id);
        var newest = await RowsAsync(context, runs.OrderByDescending(run => run.Number).Take(MostRuns), cancellationToken);
        var nodes = await RunsAsync(context, newest, Levels, id, cancellationToken);
        // A fork stands below the run it comes from, where that one is listed too.
        var below = nodes.Values.SelectMany(node => node.Children).SelectMany(child => child.All()).Where(node => node.Kind == LineageKind.Fork).Select(node => node.Number).ToHashSet();
        var children = newest.Select(run => nodes[run.Id]).Where(node => !below.Contains(node.Number)).ToList();
        return Dataset(id) with { Here = true, Children = children, More = await runs.CountAsync(cancellationToken) - newest.Count, MoreUrl = "/runs" };
    }

    /// <summary>
    /// Where a checkpoint comes from and what was made from it; null when nothing is known of it. With <paramref name="video"/> the page is about
    /// that video, which is listed in any case.
    /// </summary>
    public async Task<LineageNode?> OfCheckpointAsync(string sha256, PostDetails? video, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var chain = new List<(RunRow Run, CheckpointRow Checkpoint)>();
        var asked = sha256;
        while (asked is not null && chain.Count < MostAncestors && chain.All(link => link.Checkpoint.Sha256 != asked))
        {
            var checkpoint = await context.Artifacts.Where(a => a.Kind == "checkpoint" && a.Sha256 == asked && a.RunId != null)
                .OrderBy(a => a.CreatedAt).ThenBy(a => a.Id).Select(a => new CheckpointRow(a.RunId!.Value, a.Sha256, a.Step)).FirstOrDefaultAsync(cancellationToken);
            if (checkpoint is null)
                break;
            var run = (await RowsAsync(context, context.Runs.Where(run => run.Id == checkpoint.RunId), cancellationToken))[0];
            chain.Add((run, checkpoint));
            asked = run.StartStep is null ? null : run.Start;
        }

        var here = video is null ? null : new LineageNode(LineageKind.Video, video.Title, $"/gallery/{video.Slug}") { Owner = video.AuthorName, Here = true };
        if (chain.Count == 0)
        {
            if (here is null)
                return null;
            var unknown = new LineageNode(LineageKind.Checkpoint, sha256, null) { Children = [here] };
            return video!.Dataset.Length > 0 ? Dataset(video.Dataset) with { Children = [unknown] } : unknown;
        }

        var root = DatasetOf(chain[^1].Run);
        var made = (await MadeAsync(context, [sha256], Levels, root, cancellationToken))[sha256];
        if (here is not null)
        {
            // It takes the place of its own line, or the first one among the videos.
            var others = made.Nodes.Where(node => node.Url != here.Url).ToList();
            others.Insert(others.FindIndex(node => node.Kind == LineageKind.Video) is var at && at >= 0 ? at : others.Count, here);
            made = new(others, made.Nodes.Count == others.Count ? made.More : Math.Max(0, made.More - 1));
        }

        var tree = Checkpoint(chain[0].Checkpoint, made) with { Here = here is null };
        foreach (var (link, at) in chain.Select((link, at) => (link, at)))
        {
            tree = Run(link.Run, root) with { Children = [tree] };
            if (at + 1 < chain.Count)
                tree = Checkpoint(chain[at + 1].Checkpoint, new([tree], 0));
        }

        return root.Length > 0 ? Dataset(root) with { Children = [tree] } : tree;
    }

    /// <summary>How many training runs learned from a dataset.</summary>
    public async Task<int> RunsOfAsync(string dataset, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Trainings(context, dataset).CountAsync(cancellationToken);
    }

    // The canonical document has one line for the dataset; a column for it would say the same a second time.
    private static IQueryable<Run> Trainings(MiniSoraDbContext context, string dataset)
    {
        var line = "\n" + SpecYaml.Write(new TrainingSpec { Data = new() { Dataset = dataset } }).Split('\n').Single(line => line.StartsWith("  dataset:", StringComparison.Ordinal)) + "\n";
        return context.Runs.AsNoTracking().Where(run => run.Kind == RunKind.Training && run.SpecYaml.Contains(line));
    }

    private static async Task<List<RunRow>> RowsAsync(MiniSoraDbContext context, IQueryable<Run> runs, CancellationToken cancellationToken) =>
        await runs.Join(context.Users, run => run.OwnerId, member => member.Id, (run, member) => new { run, member.DisplayName })
            .OrderByDescending(x => x.run.Number)
            .Select(x => new RunRow(x.run.Id, x.run.Number, x.run.Name, x.DisplayName, x.run.StartStep, x.run.CheckpointSha256, x.run.SpecYaml))
            .ToListAsync(cancellationToken);

    private async Task<Dictionary<Guid, LineageNode>> RunsAsync(MiniSoraDbContext context, IReadOnlyList<RunRow> runs, int levels, string dataset, CancellationToken cancellationToken)
    {
        if (runs.Count == 0)
            return [];
        var ids = runs.Select(run => run.Id).ToList();
        var checkpoints = await context.Artifacts.Where(a => a.Kind == "checkpoint" && a.RunId != null && ids.Contains(a.RunId!.Value))
            .OrderByDescending(a => a.Step).ThenByDescending(a => a.CreatedAt).Select(a => new CheckpointRow(a.RunId!.Value, a.Sha256, a.Step)).ToListAsync(cancellationToken);
        var made = await MadeAsync(context, [.. checkpoints.Select(checkpoint => checkpoint.Sha256).Distinct()], levels, dataset, cancellationToken);
        return runs.ToDictionary(run => run.Id, run =>
        {
            // The newest one, and those that something was made from.
            var own = checkpoints.Where(checkpoint => checkpoint.RunId == run.Id).DistinctBy(checkpoint => checkpoint.Sha256).ToList();
            var used = own.Where((checkpoint, at) => at == 0 || made[checkpoint.Sha256].Nodes.Count > 0).ToList();
            return Run(run, dataset) with { Children = [.. used.Take(MostEach).Reverse().Select(checkpoint => Checkpoint(checkpoint, made[checkpoint.Sha256]))], More = Math.Max(0, used.Count - MostEach), MoreUrl = $"/models/{run.Number}" };
        });
    }

    /// <summary>Entries, forks and videos of checkpoints, each newest first.</summary>
    private async Task<Dictionary<string, Made>> MadeAsync(MiniSoraDbContext context, IReadOnlyList<string> checkpoints, int levels, string dataset, CancellationToken cancellationToken)
    {
        // By the checkpoint alone: asked for order or for what is shown as well, a database may read the whole gallery in its order instead.
        var posts = (await context.Posts.Where(post => checkpoints.Contains(post.CheckpointSha256))
            .Select(post => new { post.Number, post.CheckpointSha256, Shown = post.HiddenAt == null }).ToListAsync(cancellationToken))
            .Where(post => post.Shown).OrderByDescending(post => post.Number).ToLookup(post => post.CheckpointSha256, post => post.Number);
        var numbers = posts.SelectMany(of => of.Take(MostEach)).ToList();
        var videos = (await context.Posts.AsNoTracking().Where(post => numbers.Contains(post.Number))
            .Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new { post.Number, post.CheckpointSha256, post.Slug, post.Title, member.DisplayName })
            .OrderByDescending(row => row.Number)
            .ToListAsync(cancellationToken)).ToLookup(row => row.CheckpointSha256);
        var entries = (await context.LeaderboardEntries.AsNoTracking().Where(entry => checkpoints.Contains(entry.CheckpointSha256))
            .Join(context.Users, entry => entry.OwnerId, member => member.Id, (entry, member) => new { entry.Number, entry.CheckpointSha256, entry.Title, entry.Quality, member.DisplayName })
            .OrderByDescending(row => row.Number).Take(MostRows)
            .ToListAsync(cancellationToken)).ToLookup(row => row.CheckpointSha256);
        var forks = (await context.Runs.Where(run => levels > 0 && run.CheckpointSha256 != null && checkpoints.Contains(run.CheckpointSha256))
            .Select(run => new { run.Id, run.Number, run.CheckpointSha256, IsFork = run.Kind == RunKind.Training && run.StartStep != null }).ToListAsync(cancellationToken))
            .Where(run => run.IsFork).OrderByDescending(run => run.Number).ToLookup(run => run.CheckpointSha256!, run => run.Id);
        var listed = forks.SelectMany(of => of.Take(MostEach)).ToList();
        var nodes = listed.Count == 0 ? [] : await RunsAsync(context, await RowsAsync(context, context.Runs.AsNoTracking().Where(run => listed.Contains(run.Id)), cancellationToken), levels - 1, dataset, cancellationToken);
        return checkpoints.ToDictionary(sha256 => sha256, sha256 => new Made(
            [
                .. entries[sha256].Take(MostEach).Select(row => new LineageNode(LineageKind.Entry, row.Title, $"/leaderboards/entries/{row.Number}") { Number = row.Number, Owner = row.DisplayName, Quality = row.Quality }),
                .. forks[sha256].Take(MostEach).Select(fork => nodes[fork]),
                .. videos[sha256].Select(row => new LineageNode(LineageKind.Video, row.Title, $"/gallery/{row.Slug}") { Owner = row.DisplayName }),
            ],
            Math.Max(0, entries[sha256].Count() - MostEach) + Math.Max(0, forks[sha256].Count() - MostEach) + Math.Max(0, posts[sha256].Count() - MostEach)));
    }

    private LineageNode Dataset(string id) => new(LineageKind.Dataset, id, DatasetCatalog.Ids(folder.Root).Contains(id) ? $"/datasets/{id}" : null);

    private static LineageNode Run(RunRow run, string dataset) => new(run.StartStep is null ? LineageKind.Training : LineageKind.Fork, run.Name, $"/runs/{run.Id}")
    {
        Number = run.Number,
        Owner = run.Owner,
        Step = run.StartStep,
        OtherDataset = DatasetOf(run) is var own && own != dataset ? own : "",
    };

    private static LineageNode Checkpoint(CheckpointRow checkpoint, Made made) =>
        new(LineageKind.Checkpoint, checkpoint.Sha256, $"/models/{checkpoint.Sha256}") { Step = checkpoint.Step, Children = made.Nodes, More = made.More, MoreUrl = $"/models/{checkpoint.Sha256}" };

    // Empty where the document is of a version that cannot be read any more.
    private static string DatasetOf(RunRow run) => SpecYaml.Read(run.SpecYaml).Spec is TrainingSpec spec ? spec.Data.Dataset : "";

    private sealed record RunRow(Guid Id, long Number, string Name, string Owner, long? StartStep, string? Start, string SpecYaml);

    private sealed record CheckpointRow(Guid RunId, string Sha256, long Step);

    private sealed record Made(IReadOnlyList<LineageNode> Nodes, int More);
}
