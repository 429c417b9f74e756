using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Sampling;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Scores;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Leaderboards;

/// <summary>Answer to an entry or to the wish for a check.</summary>
public abstract record EntryResult;

/// <summary>Done; the entry's number.</summary>
public sealed record EntryTaken(long Number) : EntryResult;

/// <summary>Not done, for all these reasons.</summary>
public sealed record EntryRefused(IReadOnlyList<Refusal> Reasons) : EntryResult;

/// <summary>What pages ask about leaderboards and do with them.</summary>
public sealed class LeaderboardService
{
    private const int CheckPriority = -5;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly RunWake wake;
    private readonly ScoreReader scores;
    private readonly LeaderboardOptions options;

    internal LeaderboardService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, RunWake wake, ScoreReader scores, IOptions<LeaderboardOptions> options) =>
        (this.contexts, this.writing, this.wake, this.scores, this.options) = (contexts, writing, wake, scores, options.Value);

    /// <summary>Enters a training run's newest checkpoint, and queues its re-score and its arena clips.</summary>
    /// <param name="runId">A finished training run on moving shapes.</param>
    /// <param name="title">1–120 characters.</param>
    /// <param name="claim">Quality in percent that the member measured; empty for none.</param>
    /// <param name="steps">Solver steps, part of the entry.</param>
    /// <param name="guidance">Guidance scale, part of the entry.</param>
    /// <param name="viewer">Who asks.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<EntryResult> SubmitAsync(Guid runId, string? title, string? claim, string? steps, string? guidance, Viewer viewer, CancellationToken cancellationToken)
    {
        title = (title ?? "").Trim();
        var reasons = new List<Refusal>();
        if (viewer.MemberId is null)
            reasons.Add(new("not_signed_in"));
        if (title.Length == 0)
            reasons.Add(new("title_empty"));
        if (title.Length > LeaderboardEntry.MaxTitle)
            reasons.Add(new("title_too_long", ("limit", Text(LeaderboardEntry.MaxTitle)), ("length", Text(title.Length))));
        var claimed = Number(claim, 0, 100, "claim_not_a_share", reasons) / 100;
        var sampler = new SamplerOptions();
        sampler = sampler with
        {
            Steps = (int)(Number(steps, 1, 200, "steps_not_a_number", reasons) ?? sampler.Steps),
            Guidance = Number(guidance, 0, 30, "guidance_not_a_number", reasons) ?? sampler.Guidance,
        };
        var result = await writing.DoAsync<EntryResult>(
            async write =>
            {
                var run = await write.Context.Runs.SingleOrDefaultAsync(r => r.Id == runId && (r.OwnerId == viewer.MemberId || viewer.IsAdministrator), cancellationToken);
                var checkpoint = run is null ? null : await write.Context.Artifacts.Where(a => a.RunId == runId && a.Kind == "checkpoint").OrderByDescending(a => a.Step).ThenByDescending(a => a.CreatedAt).FirstOrDefaultAsync(cancellationToken);
                if (run is not { Kind: RunKind.Training } || SpecYaml.Read(run.SpecYaml).Spec is not TrainingSpec spec)
                    reasons.Add(new("entry_run_unknown"));
                else
                {
                    if (run.State != RunState.Succeeded || checkpoint is null)
                        reasons.Add(new("entry_run_not_done"));
                    if (spec.Data.Dataset != DatasetCatalog.Shapes)
                        reasons.Add(new("entry_dataset", ("dataset", spec.Data.Dataset)));
                    if (checkpoint is not null && await write.Context.LeaderboardEntries.AnyAsync(e => e.CheckpointSha256 == checkpoint.Sha256, cancellationToken))
                        reasons.Add(new("entry_twice"));
                }

                if (reasons.Count > 0)
                    return new EntryRefused(reasons);
                var evaluation = new EvaluationSpec { Name = title, Checkpoint = checkpoint!.Sha256, SeenClips = options.SeenClips, HeldOutClips = options.HeldOutClips, References = options.References, Sampler = sampler };
                var entry = new LeaderboardEntry
                {
                    Id = Guid.CreateVersion7(write.Now),
                    Number = 1 + (await write.Context.LeaderboardEntries.MaxAsync(e => (long?)e.Number, cancellationToken) ?? 0),
                    OwnerId = run!.OwnerId,
                    Title = title,
                    RunId = run.Id,
                    CheckpointSha256 = checkpoint.Sha256,
                    SpecYaml = run.SpecYaml,
                    SpecHash = run.SpecHash,
                    EvaluationYaml = SpecYaml.Write(evaluation),
                    Dataset = DatasetCatalog.Shapes,
                    Machine = run.Machine ?? run.Device ?? "",
                    PeakMemoryBytes = run.PeakMemoryBytes,
                    Flops = run.Flops + run.StartFlops,
                    DeviceSeconds = run.DeviceSeconds + run.StartSeconds,
                    ClaimedQuality = claimed,
                    Level = EntryLevel.SelfReported,
                    Quality = claimed,
                    CreatedAt = write.Now,
                    LevelAt = write.Now,
                };
                write.Context.LeaderboardEntries.Add(entry);
                // Nobody waits to be asked for these two: an entry that stays a claim helps nobody.
                await StartAsync(write, entry, CheckKind.Rescore, viewer.MemberId!.Value, cancellationToken);
                await StartAsync(write, entry, CheckKind.Arena, viewer.MemberId!.Value, cancellationToken);
                return new EntryTaken(entry.Number);
            },
            cancellationToken);
        wake.Now();
        return result;
    }

    /// <summary>Queues a check of an entry. Any member may ask; each has a number of checks a day.</summary>
    public async Task<EntryResult> CheckAsync(long number, CheckKind kind, Viewer viewer, CancellationToken cancellationToken)
    {
        var result = await writing.DoAsync<EntryResult>(
            async write =>
            {
                var reasons = new List<Refusal>();
                var entry = await write.Context.LeaderboardEntries.SingleOrDefaultAsync(e => e.Number == number, cancellationToken);
                if (viewer.MemberId is null)
                    reasons.Add(new("not_signed_in"));
                if (entry is null)
                    reasons.Add(new("not_found"));
                if (reasons.Count > 0)
                    return new EntryRefused(reasons);
                var since = write.Now - TimeSpan.FromDays(1);
                // A check that the portal could not do is not the member's.
                var asked = await write.Context.EntryChecks.CountAsync(c => c.RequestedBy == viewer.MemberId && c.Kind != CheckKind.Arena && c.State != CheckState.Broken && c.CreatedAt > since, cancellationToken);
                if (asked >= options.ChecksADay && !viewer.IsAdministrator)
                    reasons.Add(new("checks_used_up", ("limit", Text(options.ChecksADay))));
                if (await write.Context.EntryChecks.AnyAsync(c => c.EntryId == entry!.Id && c.Kind == kind && c.State == CheckState.Running, cancellationToken))
                    reasons.Add(new("check_running"));
                if (reasons.Count > 0)
                    return new EntryRefused(reasons);
                return await StartAsync(write, entry!, kind, viewer.MemberId!.Value, cancellationToken) is { } refusal ? new EntryRefused([refusal]) : new EntryTaken(number);
            },
            cancellationToken);
        wake.Now();
        return result;
    }

    /// <summary>The newest quality that an evaluation of a run's newest checkpoint measured, to fill in a claim; null for none.</summary>
    public async Task<double?> MeasuredAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var sha256 = await context.Artifacts.Where(a => a.RunId == runId && a.Kind == "checkpoint").OrderByDescending(a => a.Step).Select(a => a.Sha256).FirstOrDefaultAsync(cancellationToken);
        var newest = sha256 is null ? null : await scores.NewestOfAsync(sha256, cancellationToken);
        return newest?.Report.Find(Model.Evaluation.Scores.ScoreMetrics.Quality)?.Value;
    }

    /// <summary>Starts a check: its runs are queued with seeds drawn now. Null when done.</summary>
    private async Task<Refusal?> StartAsync(RunWrite write, LeaderboardEntry entry, CheckKind kind, Guid member, CancellationToken cancellationToken)
    {
        var specs = new List<RunSpec>();
        switch (kind)
        {
            case CheckKind.Rescore or CheckKind.Arena when !await HasCheckpointAsync(write, entry.CheckpointSha256, cancellationToken):
                return new("checkpoint_gone");
            case CheckKind.Rescore:
                specs.Add(Evaluation(entry, entry.CheckpointSha256) with { Name = Named(entry, "re-score"), Seed = FreshSeed() });
                break;
            case CheckKind.Arena:
                specs.Add(Evaluation(entry, entry.CheckpointSha256) with
                {
                    Name = Named(entry, "arena"),
                    // One seed for all: what is compared answers the same prompts.
                    Seed = ArenaSeed,
                    SeenClips = options.ArenaClips,
                    HeldOutClips = 0,
                    References = 4,
                    ValidationClips = 0,
                    Features = FeatureSource.None,
                    Language = PromptLanguage.En,
                    KeepClips = options.ArenaClips,
                });
                break;
            case CheckKind.Verify:
                if (SpecYaml.Read(entry.SpecYaml).Spec is not TrainingSpec training)
                    return new("spec_unreadable");
                for (var repetition = 0; repetition < options.Repetitions; repetition++)
                {
                    specs.Add(training with
                    {
                        Name = Named(entry, $"training {repetition + 1}"),
                        Seed = FreshSeed(),
                        Preview = training.Preview with { EverySeconds = 0 },
                        Budget = training.Budget with { Flops = Tracks.BudgetOf(entry.Flops) },
                    });
                }

                break;
            case CheckKind.SpotCheck:
                var middle = await write.Context.Artifacts
                    .Where(a => a.RunId == entry.RunId && a.Kind == "checkpoint" && a.Sha256 != entry.CheckpointSha256)
                    .OrderByDescending(a => a.Step).Select(a => a.Sha256).FirstOrDefaultAsync(cancellationToken);
                if (middle is null)
                    return new("no_checkpoint_in_the_middle");
                specs.Add(new ReplaySpec { Name = Named(entry, "spot check"), Checkpoint = middle, ReplaySteps = options.SpotCheckSteps });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a check");
        }

        var ids = new List<Guid>();
        foreach (var spec in specs)
            ids.Add((await RunAddition.AddAsync(write, spec, entry.OwnerId, new Origin(RunId: await write.Context.Runs.AnyAsync(r => r.Id == entry.RunId, cancellationToken) ? entry.RunId : null), CheckPriority, cancellationToken)).Id);
        write.Context.EntryChecks.Add(new()
        {
            Id = Guid.CreateVersion7(write.Now),
            EntryId = entry.Id,
            Kind = kind,
            RequestedBy = member,
            CreatedAt = write.Now,
            RunIds = JsonSerializer.Serialize(ids),
            Repetitions = kind == CheckKind.Verify ? specs.Count : 0,
        });
        return null;
    }

    /// <summary>The seed of this round's arena prompts; a new version of the software may begin a new round.</summary>
    internal const long ArenaSeed = 20_261_125;

    /// <summary>The evaluation of an entry, on another checkpoint.</summary>
    internal static EvaluationSpec Evaluation(LeaderboardEntry entry, string checkpoint) =>
        (SpecYaml.Read(entry.EvaluationYaml).Spec as EvaluationSpec ?? new EvaluationSpec()) with { Checkpoint = checkpoint, KeepClips = 4 };

    /// <summary>A name for a run that belongs to an entry, never too long.</summary>
    internal static string Named(LeaderboardEntry entry, string what)
    {
        var name = $"#{entry.Number.ToString(CultureInfo.InvariantCulture)} {what}: {entry.Title}";
        return name.Length <= 120 ? name : name[..120];
    }

    /// <summary>Drawn by the system's generator: nobody can train for the prompts of a check before it begins.</summary>
    internal static long FreshSeed() => (long)(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) % 9_007_199_254_740_000UL);

    private static async Task<bool> HasCheckpointAsync(RunWrite write, string sha256, CancellationToken cancellationToken) =>
        await write.Context.Artifacts.AnyAsync(a => a.Sha256 == sha256 && a.Kind == "checkpoint", cancellationToken);

    private static double? Number(string? text, double least, double most, string code, List<Refusal> reasons)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        if (double.TryParse(text.Trim().TrimEnd('%').Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            return value;
        reasons.Add(new(code, ("min", Text(least)), ("max", Text(most))));
        return null;
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
