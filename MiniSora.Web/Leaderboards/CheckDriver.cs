using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Model.Sampling;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Scores;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Leaderboards;

/// <summary>
/// Carries checks on: a verification's trainings are followed by their evaluations, results by the entry's level. Everything it needs is in the
/// database, so that a restart of the portal loses nothing.
/// </summary>
internal sealed partial class CheckDriver(
    IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, RunWake wake, ScoreReader scores, ArtifactStore store, TimeProvider clock, ILogger<CheckDriver> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Looks at every check that is under way, once.</summary>
    public async Task AdvanceAsync(CancellationToken cancellationToken)
    {
        List<Guid> open;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
            open = await context.EntryChecks.Where(check => check.State == CheckState.Running).Select(check => check.Id).ToListAsync(cancellationToken);
        foreach (var id in open)
            await AdvanceAsync(id, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await AdvanceAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            // The boundary of the service: a check that cannot be carried on now is looked at again.
#pragma warning disable CA1031
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogStuck(error);
            }

            try
            {
                await Task.Delay(Pause, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task AdvanceAsync(Guid checkId, CancellationToken cancellationToken)
    {
        // Files are read before the transaction: it keeps every other writer waiting.
        List<Guid> ids;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var text = await context.EntryChecks.Where(check => check.Id == checkId).Select(check => check.RunIds).SingleAsync(cancellationToken);
            ids = JsonSerializer.Deserialize<List<Guid>>(text) ?? [];
        }

        var reports = new Dictionary<Guid, ScoreReport?>();
        foreach (var id in ids)
            reports[id] = await scores.OfRunAsync(id, cancellationToken);
        var trained = await TrainedAsync(checkId, ids, cancellationToken);
        var queued = await writing.DoAsync(write => AdvanceAsync(write, checkId, reports, trained, cancellationToken), cancellationToken);
        if (queued)
            wake.Now();
    }

    // The spec inside the checkpoint that a replay read; null for other checks, and when the file is gone.
    private async Task<string?> TrainedAsync(Guid checkId, List<Guid> ids, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.EntryChecks.AnyAsync(check => check.Id == checkId && check.Kind == CheckKind.SpotCheck, cancellationToken))
            return null;
        var replay = await context.Runs.AsNoTracking().SingleOrDefaultAsync(run => ids.Contains(run.Id), cancellationToken);
        if (replay?.CheckpointSha256 is not { } checkpoint)
            return null;
        using var held = await store.HoldAsync(checkpoint, cancellationToken);
        return held is null ? null : VideoSampler.OriginOf(held.Path).Spec;
    }

    private async Task<bool> AdvanceAsync(RunWrite write, Guid checkId, Dictionary<Guid, ScoreReport?> reports, string? trained, CancellationToken cancellationToken)
    {
        var check = await write.Context.EntryChecks.SingleAsync(c => c.Id == checkId, cancellationToken);
        var entry = await write.Context.LeaderboardEntries.SingleAsync(e => e.Id == check.EntryId, cancellationToken);
        var ids = JsonSerializer.Deserialize<List<Guid>>(check.RunIds) ?? [];
        var found = await write.Context.Runs.Where(run => ids.Contains(run.Id)).ToDictionaryAsync(run => run.Id, cancellationToken);
        if (check.State != CheckState.Running)
            return false;
        if (ids.Any(id => !found.TryGetValue(id, out var run) || run.State is RunState.Failed or RunState.Cancelled))
        {
            End(write, check, CheckState.Broken, reason: "run");
            return false;
        }

        var runs = ids.Select(id => found[id]).ToList();
        if (runs.Any(run => !run.IsOver))
            return false;
        switch (check.Kind)
        {
            case CheckKind.Rescore:
                Rescored(write, check, entry, runs[0], reports[runs[0].Id]);
                return false;
            case CheckKind.Verify when runs.Count == check.Repetitions:
                return await EvaluateAsync(write, check, entry, runs, cancellationToken);
            case CheckKind.Verify:
                Verified(write, check, entry, runs, [.. runs.Skip(check.Repetitions).Select(run => reports[run.Id])]);
                return false;
            case CheckKind.SpotCheck:
                await CompareAsync(write, check, entry, runs[0], trained, cancellationToken);
                return false;
            case CheckKind.Arena:
                End(write, check, CheckState.Passed);
                return false;
            default:
                throw new InvalidOperationException($"Unknown check {check.Kind}.");
        }
    }

    private static void Rescored(RunWrite write, EntryCheck check, LeaderboardEntry entry, Run run, ScoreReport? report)
    {
        if (report?.Find(ScoreMetrics.Quality) is not { } quality)
        {
            End(write, check, CheckState.Broken, reason: "scores");
            return;
        }

        (entry.SecondsPerVideoSecond, entry.JoulesPerVideoSecond, entry.SamplingMachine) = (run.SecondsPerVideoSecond, run.JoulesPerVideoSecond, run.Machine ?? run.Device);
        // A later re-score of a verified entry is shown among its checks and changes nothing: one lucky draw is not three trainings.
        if (entry.Level != EntryLevel.Verified)
            Raise(write, entry, EntryLevel.Rescored, quality.Value, quality.Low, quality.High, quality);
        End(write, check, CheckState.Passed, quality.Value);
    }

    /// <summary>The trainings are done: each is scored with a fresh seed.</summary>
    private static async Task<bool> EvaluateAsync(RunWrite write, EntryCheck check, LeaderboardEntry entry, List<Run> trainings, CancellationToken cancellationToken)
    {
        var ids = trainings.Select(run => run.Id).ToList();
        foreach (var training in trainings)
        {
            var checkpoint = await write.Context.Artifacts.Where(a => a.RunId == training.Id && a.Kind == "checkpoint").OrderByDescending(a => a.Step).Select(a => a.Sha256).FirstOrDefaultAsync(cancellationToken);
            if (checkpoint is null)
            {
                End(write, check, CheckState.Broken, reason: "checkpoint");
                return false;
            }

            var spec = LeaderboardService.Evaluation(entry, checkpoint) with { Name = LeaderboardService.Named(entry, "verification"), Seed = LeaderboardService.FreshSeed() };
            ids.Add((await RunAddition.AddAsync(write, spec, entry.OwnerId, new Origin(RunId: training.Id), -5, cancellationToken)).Id);
        }

        check.RunIds = JsonSerializer.Serialize(ids);
        return true;
    }

    private static void Verified(RunWrite write, EntryCheck check, LeaderboardEntry entry, List<Run> runs, List<ScoreReport?> reports)
    {
        var qualities = reports.Select(report => report?.Find(ScoreMetrics.Quality)).OfType<ScoreRecord>().ToList();
        if (qualities.Count < check.Repetitions)
        {
            End(write, check, CheckState.Broken, reason: "scores");
            return;
        }

        var score = RepeatedScore.Of([.. qualities.Select(record => (record.Value, record.Low ?? record.Value, record.High ?? record.Value))]);
        var last = runs[^1];
        (entry.SecondsPerVideoSecond, entry.JoulesPerVideoSecond, entry.SamplingMachine) = (last.SecondsPerVideoSecond, last.JoulesPerVideoSecond, last.Machine ?? last.Device);
        Raise(write, entry, EntryLevel.Verified, score.Mean, score.Low, score.High, qualities[^1]);
        write.Announce(new(
            null, WebhookEvents.EntryVerified, $"verified {check.Id:N}", "", entry.Title, "", string.Create(CultureInfo.InvariantCulture, $"/leaderboards/entries/{entry.Number}")));
        End(write, check, CheckState.Passed, score.Mean);
    }

    private static async Task CompareAsync(RunWrite write, EntryCheck check, LeaderboardEntry entry, Run replay, string? trained, CancellationToken cancellationToken)
    {
        var original = await write.Context.Runs.SingleOrDefaultAsync(run => run.Id == entry.RunId, cancellationToken);
        if (original is null || trained is null)
        {
            End(write, check, CheckState.Broken, reason: "gone");
            return;
        }

        var again = await LossesAsync(write.Context, replay.Number, cancellationToken);
        var reported = await LossesAsync(write.Context, original.Number, cancellationToken);
        var difference = LossTrace.LargestDifference(reported, again);
        // The checkpoint tells which spec trained it: an entry whose spec was exchanged is found by that.
        var same = SpecYaml.Read(trained).Spec is { } own && SpecHash.Of(own) == entry.SpecHash
            && SpecYaml.Read(entry.SpecYaml).Spec is { } said && SpecHash.Of(said) == entry.SpecHash;
        var passed = same && difference <= LossTrace.Tolerance(replay.Device);
        entry.Disproved = !passed;
        End(write, check, passed ? CheckState.Passed : CheckState.Failed, double.IsFinite(difference) ? difference : null);
    }

    private static async Task<Dictionary<long, double>> LossesAsync(MiniSoraDbContext context, long runNumber, CancellationToken cancellationToken)
    {
        var rows = await context.Database
            .SqlQuery<LossRow>($"""SELECT "Step", "Value" FROM "MetricPoints" WHERE "Run" = {runNumber} AND "Metric" = (SELECT "Id" FROM "MetricNames" WHERE "Name" = 'loss')""")
            .ToListAsync(cancellationToken);
        return rows.ToDictionary(row => row.Step, row => row.Value ?? double.NaN);
    }

    private static void Raise(RunWrite write, LeaderboardEntry entry, EntryLevel level, double quality, double? low, double? high, ScoreRecord record)
    {
        (entry.Level, entry.Quality, entry.QualityLow, entry.QualityHigh) = (level, quality, low, high);
        (entry.ScoreJson, entry.LevelAt) = (JsonSerializer.Serialize(record), write.Now);
    }

    private static void End(RunWrite write, EntryCheck check, CheckState state, double? result = null, string? reason = null) =>
        (check.State, check.EndedAt, check.Result, check.Reason) = (state, write.Now, result, reason);

    [LoggerMessage(LogLevel.Error, "A check could not be carried on")]
    private partial void LogStuck(Exception error);

    private sealed record LossRow(long Step, double? Value);
}
