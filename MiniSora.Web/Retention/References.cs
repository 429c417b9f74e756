using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Retention;

/// <summary>
/// Who needs which file, and which run's files altogether. Specs and whatever people wrote are searched for hashes and ids, so that a new way to name
/// a file in a spec or on a page needs no line here.
/// </summary>
internal sealed partial class References
{
    private readonly Dictionary<string, SortedSet<KeepReason>> files = [];
    private readonly Dictionary<Guid, SortedSet<KeepReason>> runs = [];

    private References()
    {
    }

    /// <summary>Reasons to keep a file with this content that a run made; empty when nobody needs it.</summary>
    public IReadOnlyCollection<KeepReason> Of(string sha256, Guid? runId)
    {
        var found = new SortedSet<KeepReason>();
        if (files.TryGetValue(sha256, out var named))
            found.UnionWith(named);
        if (runId is { } run)
            found.UnionWith(OfRun(run));
        return found;
    }

    /// <summary>Reasons to keep everything of a run.</summary>
    public IReadOnlyCollection<KeepReason> OfRun(Guid runId) => runs.TryGetValue(runId, out var reasons) ? reasons : [];

    /// <summary>Reads all of them.</summary>
    public static async Task<References> LoadAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        var references = new References();
        await references.RunsAsync(context, cancellationToken);
        await references.PostsAsync(context, cancellationToken);
        await references.LeaderboardsAsync(context, cancellationToken);
        await references.WordsAsync(context, cancellationToken);
        return references;
    }

    private async Task RunsAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        RunState[] over = [.. Enum.GetValues<RunState>().Where(Run.IsFinal)];
        foreach (var run in await context.Runs.AsNoTracking()
            .Where(run => run.Pinned || !over.Contains(run.State) || context.Attempts.Any(attempt => attempt.RunId == run.Id && attempt.EndedAt == null))
            .Select(run => new { run.Id, run.Pinned, run.State, Ends = context.Attempts.Any(attempt => attempt.RunId == run.Id && attempt.EndedAt == null) })
            .ToListAsync(cancellationToken))
        {
            if (run.Pinned)
                Need(run.Id, KeepReason.Pinned);
            if (!Run.IsFinal(run.State) || run.Ends)
                Need(run.Id, KeepReason.Open);
        }

        foreach (var run in await context.Runs.AsNoTracking().Select(run => new { run.SpecYaml, run.CheckpointSha256, run.ImageSha256 }).ToListAsync(cancellationToken))
        {
            Need(run.CheckpointSha256, KeepReason.Fork);
            Need(run.ImageSha256, KeepReason.Fork);
            NeedFilesIn(run.SpecYaml, KeepReason.Fork);
        }
    }

    private async Task PostsAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        foreach (var post in await context.Posts.AsNoTracking()
            .Select(post => new
            {
                post.RunId,
                post.VideoSha256,
                post.SourceSha256,
                post.PosterSha256,
                post.CheckpointSha256,
                post.SpecYaml,
                Collected = context.CollectionItems.Any(item => item.PostId == post.Id),
            })
            .ToListAsync(cancellationToken))
        {
            foreach (var reason in post.Collected ? new[] { KeepReason.Published, KeepReason.Collection } : [KeepReason.Published])
            {
                foreach (var sha256 in new[] { post.VideoSha256, post.SourceSha256, post.PosterSha256, post.CheckpointSha256 })
                    Need(sha256, reason);
                NeedFilesIn(post.SpecYaml, reason);
            }
        }
    }

    private async Task LeaderboardsAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        foreach (var entry in await context.LeaderboardEntries.AsNoTracking().Select(entry => new { entry.RunId, entry.CheckpointSha256, entry.EvaluationYaml, entry.SpecYaml }).ToListAsync(cancellationToken))
        {
            // A spot check takes steps again from another checkpoint of the run.
            Need(entry.RunId, KeepReason.Leaderboard);
            Need(entry.CheckpointSha256, KeepReason.Leaderboard);
            NeedFilesIn(entry.EvaluationYaml + "\n" + entry.SpecYaml, KeepReason.Leaderboard);
        }

        foreach (var check in await context.EntryChecks.AsNoTracking().Select(check => check.RunIds).ToListAsync(cancellationToken))
        {
            foreach (var run in JsonSerializer.Deserialize<List<Guid>>(check) ?? [])
                Need(run, KeepReason.Leaderboard);
        }
    }

    private async Task WordsAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        foreach (var roundtable in await context.Roundtables.AsNoTracking().ToListAsync(cancellationToken))
            NeedAllIn(string.Join('\n', roundtable.StageCheckpoint, roundtable.Abstract, roundtable.AbstractZh, roundtable.SlidesUrl, roundtable.RecordingUrl), KeepReason.Roundtable);
        foreach (var said in await context.RoundtableEvents.AsNoTracking().Select(happened => happened.Json).ToListAsync(cancellationToken))
            NeedAllIn(said, KeepReason.Roundtable);

        var words = await context.PaperNotes.Select(note => note.Markdown)
            .Concat(context.Papers.Select(paper => paper.Summary + "\n" + paper.SummaryZh))
            .Concat(context.PaperLinks.Select(link => link.Url))
            .Concat(context.Comments.Select(comment => comment.Markdown))
            .Concat(context.Collections.Select(collection => collection.Description))
            .ToListAsync(cancellationToken);
        foreach (var text in words)
            NeedAllIn(text, KeepReason.Mentioned);
        foreach (var run in await context.PaperClaims.Where(claim => claim.BestRunId != null).Select(claim => claim.BestRunId!.Value).ToListAsync(cancellationToken))
            Need(run, KeepReason.Mentioned);
    }

    private void Need(Guid run, KeepReason reason) => Add(runs, run, reason);

    private void Need(string? sha256, KeepReason reason)
    {
        if (!string.IsNullOrEmpty(sha256))
            Add(files, sha256, reason);
    }

    private void NeedFilesIn(string text, KeepReason reason)
    {
        foreach (var hash in Hash().EnumerateMatches(text))
            Need(text.Substring(hash.Index, hash.Length), reason);
    }

    private void NeedAllIn(string text, KeepReason reason)
    {
        NeedFilesIn(text, reason);
        foreach (var id in Id().EnumerateMatches(text))
            Need(Guid.Parse(text.AsSpan(id.Index, id.Length)), reason);
    }

    private static void Add<T>(Dictionary<T, SortedSet<KeepReason>> to, T key, KeepReason reason)
        where T : notnull
    {
        if (!to.TryGetValue(key, out var reasons))
            to.Add(key, reasons = []);
        reasons.Add(reason);
    }

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")]
    private static partial Regex Hash();

    [GeneratedRegex("(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32})(?![0-9A-Fa-f])")]
    private static partial Regex Id();
}
