using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Queue;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>Reads runs for pages: projections only, nothing is tracked.</summary>
internal sealed class RunReader(IDbContextFactory<MiniSoraDbContext> contexts, QueueBoard queue)
{
    private const int MostArtifacts = 400, MostLogLines = 300, MostReplayed = 2000;

    public async Task<bool> ExistsAsync(Origin origin, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return (origin.RunId is null || await context.Runs.AnyAsync(run => run.Id == origin.RunId, cancellationToken))
            && (origin.PostId is null || await context.Posts.AnyAsync(post => post.Id == origin.PostId, cancellationToken));
    }

    /// <summary>The run that somebody means by its id or its number; null when there is none.</summary>
    public async Task<Guid?> IdAsync(string run, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (Guid.TryParse(run, out var id))
            return await context.Runs.AnyAsync(r => r.Id == id, cancellationToken) ? id : null;
        return long.TryParse(run, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? await context.Runs.Where(r => r.Number == number).Select(r => (Guid?)r.Id).SingleOrDefaultAsync(cancellationToken)
            : null;
    }

    /// <summary>Where a run is; null when there is none.</summary>
    public async Task<RunState?> StateAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Runs.Where(r => r.Id == runId).Select(r => (RunState?)r.State).SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<RunPage> ListAsync(RunQuery query, CancellationToken cancellationToken)
    {
        var take = Math.Clamp(query.Take, 1, 100);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = context.Runs.AsNoTracking();
        if (query.OwnerId is { } owner)
            runs = runs.Where(run => run.OwnerId == owner);
        if (query.Kind is { } kind)
            runs = runs.Where(run => run.Kind == kind);
        if (query.State is { } state)
            runs = runs.Where(run => run.State == state);
        if (query.Before is { } before)
            runs = runs.Where(run => run.Number < before);
        foreach (var word in SearchWords.Of(query.Text))
            runs = runs.Where(run => EF.Functions.Like(run.Name, word, SearchWords.Escape));
        var found = await SummariesAsync(context, runs.OrderByDescending(run => run.Number).Take(take + 1), cancellationToken);
        var page = found.Take(take).ToList();
        return new(page, found.Count > take ? page[^1].Number : null);
    }

    public async Task<RunDetails?> GetAsync(Guid runId, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // One snapshot, so that LastSeq fits everything else that is read here.
        await using var snapshot = await context.SnapshotAsync(cancellationToken);

        var run = await context.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == runId, cancellationToken);
        if (run is null)
            return null;
        var summary = (await SummariesAsync(context, context.Runs.AsNoTracking().Where(r => r.Id == runId), cancellationToken))[0];
        var artifacts = await ArtifactsAsync(context, runId, cancellationToken);
        var attempts = await context.Attempts.AsNoTracking()
            .Where(a => a.RunId == runId).OrderBy(a => a.Number)
            .Select(a => new AttemptView(a.Number, a.StartedAt, a.EndedAt, a.ResumedFromStep, a.Outcome, a.ExitCode, a.LastError)
            {
                Worker = a.Worker,
                LastHeardAt = a.LastHeardAt,
            })
            .ToListAsync(cancellationToken);
        var metrics = await context.Database
            .SqlQuery<string>($"""SELECT "Name" AS "Value" FROM "MetricNames" WHERE EXISTS (SELECT 1 FROM "MetricPoints" WHERE "Run" = {run.Number} AND "Metric" = "Id") ORDER BY "Name" """)
            .ToListAsync(cancellationToken);
        var checkpoints = artifacts.Where(a => a.Kind == "checkpoint").Select(a => a.Sha256).ToList();
        var children = await LinksAsync(
            context.Runs.Where(r => r.ParentRunId == runId || (r.CheckpointSha256 != null && checkpoints.Contains(r.CheckpointSha256))), cancellationToken);
        var parentId = run.ParentRunId ?? await context.Artifacts
            .Where(a => a.Kind == "checkpoint" && a.Sha256 == run.CheckpointSha256).Select(a => a.RunId).FirstOrDefaultAsync(cancellationToken);
        var parents = parentId is null ? [] : await LinksAsync(context.Runs.Where(r => r.Id == parentId), cancellationToken);
        var slug = await context.Posts.Where(p => p.Id == run.ParentPostId).Select(p => p.Slug).SingleOrDefaultAsync(cancellationToken);
        return new(
            summary, run.SpecYaml, run.SpecHash, run.Seed, run.SoftwareVersion, run.Device, run.Precision, run.Threads, run.Arithmetic,
            run.PhaseKey, run.PhaseProgress, run.FailureMessage, Arguments(run.FailureArguments), run.DeviceSeconds, run.PeakMemoryBytes, run.Flops,
            parents.FirstOrDefault(), run.ParentPostId, slug, children, artifacts, attempts, await LogAsync(context, run.Number, cancellationToken),
            metrics, Actions(run, viewer, artifacts), run.LastSeq)
        {
            Joules = run.Joules,
            SecondsPerVideoSecond = run.SecondsPerVideoSecond,
            JoulesPerVideoSecond = run.JoulesPerVideoSecond,
            Machine = run.Machine,
            Pinned = run.Pinned,
            StartStep = run.StartStep,
            SweepId = run.SweepId,
        };
    }

    public async Task<IReadOnlyList<CheckpointChoice>> CheckpointsAsync(Viewer viewer, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await Choices(context, context.Artifacts.Where(a => a.Kind == "checkpoint"
                && !context.Artifacts.Any(b => b.RunId == a.RunId && b.Kind == "checkpoint" && (b.Step > a.Step || (b.Step == a.Step && b.CreatedAt > a.CreatedAt)))))
            .OrderByDescending(x => x.Owner == viewer.MemberId).ThenByDescending(x => x.CreatedAt)
            .Take(Math.Clamp(take, 1, 200))
            .Select(x => x.Choice)
            .ToListAsync(cancellationToken);
        // Two runs of one recipe end at the same weights, bit for bit: one file, and one choice.
        return [.. found.DistinctBy(choice => choice.Sha256)];
    }

    public async Task<IReadOnlyList<CheckpointChoice>> CheckpointsOfAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await Choices(context, context.Artifacts.Where(a => a.Kind == "checkpoint" && a.RunId == runId)).OrderByDescending(x => x.Step).Select(x => x.Choice).ToListAsync(cancellationToken);
        return [.. found.DistinctBy(choice => choice.Sha256)];
    }

    public async Task<CheckpointChoice?> StarterAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Choices(context, context.Artifacts.Where(a => a.Kind == "checkpoint" && context.Runs.Any(run => run.Id == a.RunId && run.Number == StarterCheckpoint.Number)))
            .Select(x => x.Choice)
            .FirstOrDefaultAsync(cancellationToken);
    }

    public async Task<CheckpointChoice?> CheckpointAsync(string sha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Choices(context, context.Artifacts.Where(a => a.Kind == "checkpoint" && a.Sha256 == sha256))
            .Select(x => x.Choice)
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>The member's own videos, newest first, then those of the gallery; each once.</summary>
    public async Task<IReadOnlyList<VideoChoice>> VideosAsync(Viewer viewer, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var own = await context.Artifacts
            .Where(artifact => artifact.OwnerId == viewer.MemberId && artifact.Kind == "video")
            .OrderByDescending(artifact => artifact.CreatedAt)
            .Take(take)
            .Join(context.Runs, artifact => artifact.RunId, run => run.Id, (artifact, run) => new { artifact.Sha256, artifact.CreatedAt, run.Number, artifact.Index, Words = artifact.Prompt ?? run.Name })
            .ToListAsync(cancellationToken);
        var shown = await context.Posts
            .Where(post => post.HiddenAt == null)
            .OrderByDescending(post => post.Number)
            .Take(take)
            .Select(post => new { post.VideoSha256, post.Title })
            .ToListAsync(cancellationToken);
        return
        [
            .. own.OrderByDescending(video => video.CreatedAt)
                .Select(video => new VideoChoice(video.Sha256, $"#{video.Number}.{video.Index + 1} {video.Words}"))
                .Concat(shown.Select(post => new VideoChoice(post.VideoSha256, post.Title)))
                .DistinctBy(choice => choice.Sha256),
        ];
    }

    public async Task<MadeVideo?> VideoAsync(string sha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Posts
                .Where(post => post.VideoSha256 == sha256 && post.HiddenAt == null)
                .OrderBy(post => post.Number)
                .Select(post => new MadeVideo(post.SpecYaml, post.Prompt, post.Title, null, post.Id))
                .FirstOrDefaultAsync(cancellationToken)
            ?? await context.Artifacts
                .Where(artifact => artifact.Sha256 == sha256 && artifact.Kind == "video")
                .Join(context.Runs, artifact => artifact.RunId, run => run.Id, (artifact, run) => new MadeVideo(run.SpecYaml, artifact.Prompt ?? "", run.Name, run.Id, null))
                .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Events after a number; null when there is no such run.</summary>
    public async Task<Replay?> ReplayAsync(Guid runId, long after, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await context.Runs.Where(r => r.Id == runId).Select(r => new { r.Number, r.LastSeq, r.PrunedSeq }).SingleOrDefaultAsync(cancellationToken);
        if (run is null)
            return null;
        // A number from the future is of a database that was put back; then, too, the viewer starts afresh.
        if (after < run.PrunedSeq || after > run.LastSeq || run.LastSeq - after > MostReplayed)
            return new(true, run.LastSeq, []);
        var rows = await context.RunEvents.AsNoTracking()
            .Where(row => row.RunNumber == run.Number && row.Seq > after)
            .OrderBy(row => row.Seq)
            .ToListAsync(cancellationToken);
        return new(false, rows.Count > 0 ? rows[^1].Seq : run.LastSeq, [.. rows.Select(Event)]);
    }

    private static LiveEvent Event(RunEventRow row) => new(row.Seq, row.At, row.Type, JsonNode.Parse(row.Json)!.AsObject());

    private static IReadOnlyDictionary<string, string> Arguments(string? json) =>
        json is null ? new Dictionary<string, string>() : JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? [];

    private static RunActions Actions(Run run, Viewer viewer, IReadOnlyList<ArtifactView> artifacts)
    {
        var may = viewer.MayActFor(run.OwnerId);
        var free = run.State == RunState.Running && run.StopRequested is null;
        return new(
            Cancel: may && Run.CanMove(run.State, RunState.Cancelled),
            StopAndKeep: may && free && run.Kind == RunKind.Training,
            Pause: may && free && run.Kind == RunKind.Training,
            Resume: may && (run.State == RunState.Paused || (run.State == RunState.Failed && run.Kind == RunKind.Training && artifacts.Any(a => a.Kind == "checkpoint"))),
            Delete: may && (run.IsOver || run.State == RunState.Paused),
            Publish: may && artifacts.Any(a => a.Kind == "video"));
    }

    private async Task<List<RunSummary>> SummariesAsync(MiniSoraDbContext context, IQueryable<Run> runs, CancellationToken cancellationToken)
    {
        var rows = await runs
            .Join(context.Users, run => run.OwnerId, member => member.Id, (run, member) => new { run, member.DisplayName })
            .OrderByDescending(x => x.run.Number)
            .Select(x => new
            {
                x.run,
                x.DisplayName,
                Poster = context.Artifacts
                    .Where(a => a.RunId == x.run.Id && a.Kind == "poster")
                    .OrderByDescending(a => a.CreatedAt).ThenBy(a => a.Index)
                    .Select(a => new { a.Sha256, a.FileName })
                    .FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        var positions = rows.Any(x => x.run.State == RunState.Queued)
            ? (await queue.LookAsync(cancellationToken)).Waiting.Where(entry => !entry.IsStarting).ToDictionary(entry => entry.Id, entry => entry.Position)
            : [];
        var losses = await LossesAsync(context, [.. rows.Select(x => x.run.Number)], cancellationToken);
        return [.. rows.Select(x => new RunSummary(
            x.run.Id, x.run.Number, x.run.Name, x.run.Kind, x.run.State, x.run.StopRequested, x.run.OwnerId, x.DisplayName,
            x.run.CreatedAt, x.run.StartedAt, x.run.EndedAt, x.run.Step, x.run.TotalSteps, x.run.StepsPerSecond, x.run.SecondsLeft, x.run.FailureCode,
            x.Poster is null ? null : Artifact.UrlOf(x.Poster.Sha256, x.Poster.FileName),
            positions.TryGetValue(x.run.Id, out var position) ? position : null)
        {
            LastLoss = losses.TryGetValue(x.run.Number, out var loss) ? loss : null,
        })];
    }

    // The key of the points ends with the step, so the newest of each is found without reading the others.
    private static async Task<Dictionary<long, double>> LossesAsync(MiniSoraDbContext context, IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        if (numbers.Count == 0)
            return [];
        var all = new System.Text.StringBuilder();
        foreach (var number in numbers)
            all.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(all.Length == 0 ? "" : ", ")}{number}");
        // Numbers, and our own: nothing of it was typed by anybody.
        var sql = $"""
            SELECT "Number" AS "Run", (
                SELECT "Value" FROM "MetricPoints" WHERE "Run" = "Number" AND "Metric" = (SELECT "Id" FROM "MetricNames" WHERE "Name" = 'loss') ORDER BY "Step" DESC LIMIT 1
            ) AS "Loss" FROM "Runs" WHERE "Number" IN ({all})
            """;
        var losses = await context.Database.SqlQueryRaw<NewestLoss>(sql).ToListAsync(cancellationToken);
        return losses.Where(newest => newest.Loss is not null).ToDictionary(newest => newest.Run, newest => newest.Loss!.Value);
    }

    private sealed class NewestLoss
    {
        public long Run { get; init; }

        public double? Loss { get; init; }
    }

    private static async Task<IReadOnlyList<ArtifactView>> ArtifactsAsync(MiniSoraDbContext context, Guid runId, CancellationToken cancellationToken)
    {
        var rows = await context.Artifacts.AsNoTracking()
            .Where(a => a.RunId == runId)
            .OrderByDescending(a => a.CreatedAt).ThenByDescending(a => a.Step).ThenByDescending(a => a.Index).ThenByDescending(a => a.Id)
            .Take(MostArtifacts)
            .ToListAsync(cancellationToken);
        rows.Reverse();
        var posters = rows.Where(a => a.Kind == "poster").GroupBy(a => (a.Step, a.Index)).ToDictionary(g => g.Key, g => g.Last().Url);
        return [.. rows.Select(a => new ArtifactView(
            a.Id, a.Kind, a.Sha256, a.Bytes, a.FileName, a.Url,
            a.Kind is "video" or "preview" ? posters.GetValueOrDefault((a.Step, a.Index)) : null,
            a.Step, a.Index, a.Prompt, a.Seed, a.CreatedAt))];
    }

    private static async Task<IReadOnlyList<LogLine>> LogAsync(MiniSoraDbContext context, long number, CancellationToken cancellationToken)
    {
        var rows = await context.RunEvents.AsNoTracking()
            .Where(row => row.RunNumber == number && row.Type == "log")
            .OrderByDescending(row => row.Seq)
            .Take(MostLogLines)
            .ToListAsync(cancellationToken);
        rows.Reverse();
        return [.. rows.Select(Event).Select(e => new LogLine(e.Seq, e.At, (string?)e.Data["level"] ?? "info", (string?)e.Data["text"] ?? "", (string?)e.Data["key"] ?? "", e.Data["arguments"]))];
    }

    private static async Task<List<RunLink>> LinksAsync(IQueryable<Run> runs, CancellationToken cancellationToken) =>
        await runs.OrderByDescending(run => run.Number).Take(50)
            .Select(run => new RunLink(run.Id, run.Number, run.Name, run.Kind, run.State, run.StartStep))
            .ToListAsync(cancellationToken);

    private static IQueryable<OwnedChoice> Choices(MiniSoraDbContext context, IQueryable<Artifact> checkpoints) =>
        from artifact in checkpoints
        join run in context.Runs on artifact.RunId equals run.Id
        join member in context.Users on run.OwnerId equals member.Id
        select new OwnedChoice
        {
            Owner = run.OwnerId,
            CreatedAt = artifact.CreatedAt,
            Step = artifact.Step,
            Choice = new CheckpointChoice(artifact.Sha256, run.Id, run.Number, run.Name, member.DisplayName, artifact.Step, artifact.Bytes, artifact.CreatedAt),
        };

    private sealed class OwnedChoice
    {
        public Guid Owner { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public long Step { get; init; }

        public CheckpointChoice Choice { get; init; } = null!;
    }
}
