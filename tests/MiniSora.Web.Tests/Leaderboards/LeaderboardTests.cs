using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Web.Account;
using MiniSora.Web.Arena;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Leaderboards;

public sealed class LeaderboardTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task An_entry_is_a_claim_until_the_portal_has_scored_it_with_a_seed_of_its_own()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var number = await EnterAsync(backend, mei, claim: "97.5");
        var entry = (await backend.Get<LeaderboardReader>().EntryAsync(number, None))!;
        Assert.Equal((EntryLevel.SelfReported, 0.975), (entry.Entry.Level, entry.Entry.Quality));
        Assert.Null(Assert.Single((await BoardAsync(backend)).Rows).Rank);

        var rescore = await RunOfAsync(backend, CheckKind.Rescore);
        var spec = (EvaluationSpec)SpecYaml.Read(rescore.SpecYaml).Spec!;
        Assert.Equal((entry.Entry.CheckpointSha256, RunKind.Evaluation), (spec.Checkpoint, rescore.Kind));
        Assert.True(spec.Seed > 1_000_000);
        await ScoreAsync(backend, rescore.Id, 0.6);

        entry = (await backend.Get<LeaderboardReader>().EntryAsync(number, None))!;
        Assert.Equal((EntryLevel.Rescored, 0.6, 0.975), (entry.Entry.Level, entry.Entry.Quality, entry.Entry.ClaimedQuality));
        Assert.Equal(2.5, entry.Entry.SecondsPerVideoSecond);
        var row = Assert.Single((await BoardAsync(backend)).Rows);
        Assert.Equal((1, true), (row.Rank, row.OnFront));
    }

    [Fact]
    public async Task A_verification_trains_with_fresh_seeds_under_the_budget_and_counts_the_mean()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var number = await EnterAsync(backend, mei, claim: null);
        await ScoreAsync(backend, (await RunOfAsync(backend, CheckKind.Rescore)).Id, 0.9);
        Assert.IsType<EntryTaken>(await backend.Get<LeaderboardService>().CheckAsync(number, CheckKind.Verify, await backend.MemberAsync("tom"), None));

        var trainings = await RunsOfAsync(backend, CheckKind.Verify);
        var specs = trainings.Select(run => (TrainingSpec)SpecYaml.Read(run.SpecYaml).Spec!).ToList();
        Assert.Equal(3, specs.Select(spec => spec.Seed).Distinct().Count());
        Assert.All(specs, spec => Assert.Equal((1e13, 0.0), (spec.Budget.Flops, spec.Preview.EverySeconds)));
        foreach (var (training, i) in trainings.Select((run, i) => (run, i)))
            await TrainAsync(backend, training.Id, (byte)(10 + i));
        await backend.Get<CheckDriver>().AdvanceAsync(None);

        var evaluations = (await RunsOfAsync(backend, CheckKind.Verify)).Skip(3).ToList();
        Assert.Equal(3, evaluations.Count);
        foreach (var (evaluation, quality) in evaluations.Zip([0.5, 0.6, 0.7]))
            await ScoreAsync(backend, evaluation.Id, quality);

        var entry = (await backend.Get<LeaderboardReader>().EntryAsync(number, None))!;
        Assert.Equal(EntryLevel.Verified, entry.Entry.Level);
        Assert.Equal(0.6, entry.Entry.Quality!.Value, 9);
        Assert.InRange(0.6, entry.Entry.QualityLow!.Value, entry.Entry.QualityHigh!.Value);
        // One lucky re-score afterwards changes nothing.
        await backend.Get<LeaderboardService>().CheckAsync(number, CheckKind.Rescore, mei, None);
        await ScoreAsync(backend, (await RunsOfAsync(backend, CheckKind.Rescore)).Single(run => !run.IsOver).Id, 0.99);
        Assert.Equal(0.6, (await backend.Get<LeaderboardReader>().EntryAsync(number, None))!.Entry.Quality!.Value, 9);
    }

    [Fact]
    public async Task A_failed_run_breaks_its_check_and_costs_the_member_nothing()
    {
        await using var backend = await Backend.StartAsync(null, ("Leaderboards:ChecksADay", "1"));
        var mei = await backend.MemberAsync("mei");
        var tom = await backend.MemberAsync("tom");
        var number = await EnterAsync(backend, mei, claim: null);
        var boards = backend.Get<LeaderboardService>();
        Assert.IsType<EntryTaken>(await boards.CheckAsync(number, CheckKind.Verify, tom, None));
        Assert.Equal("checks_used_up", Assert.IsType<EntryRefused>(await boards.CheckAsync(number, CheckKind.Rescore, tom, None)).Reasons[0].Code);

        var training = (await RunsOfAsync(backend, CheckKind.Verify))[0];
        var grant = (await backend.Ledger.ClaimAsync(training.Id, "test", None))!;
        await backend.ReportAsync(grant, new RunFailed("out_of_memory", "x", new Dictionary<string, string>()) { Seq = 1 });
        await backend.EndAsync(grant, exitCode: 1);
        await backend.Get<CheckDriver>().AdvanceAsync(None);

        var check = (await boards.CheckAsync(number, CheckKind.Verify, tom, None));
        Assert.IsType<EntryTaken>(check);
        Assert.Equal(CheckState.Broken, (await backend.Get<LeaderboardReader>().EntryAsync(number, None))!.Checks.Single(c => c.Kind == CheckKind.Verify && c.State != CheckState.Running).State);
    }

    [Fact]
    public async Task All_reasons_against_an_entry_are_named_and_a_strangers_run_cannot_be_entered()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var run = await backend.SubmitAsync(mei);
        var boards = backend.Get<LeaderboardService>();
        var refused = Assert.IsType<EntryRefused>(await boards.SubmitAsync(run, " ", "120", "x", "2", mei, None));
        Assert.Equal(["title_empty", "claim_not_a_share", "steps_not_a_number", "entry_run_not_done"], refused.Reasons.Select(reason => reason.Code));
        Assert.All(refused.Reasons, reason => Assert.DoesNotContain("{", RefusalTexts.Of(reason), StringComparison.Ordinal));
        Assert.Equal(["entry_run_unknown"], Assert.IsType<EntryRefused>(await boards.SubmitAsync(run, "x", null, null, null, await backend.MemberAsync("tom"), None)).Reasons.Select(reason => reason.Code));
        Assert.Contains(Assert.IsType<EntryRefused>(await boards.SubmitAsync(run, "x", null, null, null, Viewer.Visitor, None)).Reasons, reason => reason.Code == "not_signed_in");
    }

    [Fact]
    public void Numbers_measured_otherwise_are_not_ranked_together_and_close_ones_share_a_rank()
    {
        var rows = LeaderboardReader.Rank(Track.TrainingEfficient,
        [
            (Entry(1, 0.80, 0.78, 0.82, 1e15), "a"), (Entry(2, 0.81, 0.79, 0.83, 2e15), "b"), (Entry(3, 0.5, 0.48, 0.52, 1e14), "c"),
            (Entry(4, 0.99, 0.98, 1, 1e14, frames: 8), "d"), (Entry(5, 0.9, 0.88, 0.92, 1e14, disproved: true), "e"), (Entry(6, 0.95, null, null, 1e14), "f"),
        ], all: true);
        Assert.Equal([2L, 1, 3], rows.Where(row => row.Rank is not null).Select(row => row.Entry.Number));
        Assert.Equal([1, 1, 3], rows.Where(row => row.Rank is not null).Select(row => row.Rank!.Value));
        Assert.Equal(["frames"], rows.Single(row => row.Entry.Number == 4).Apart);
        Assert.All(rows, row => Assert.Equal(row.Rank is not null, row.OnFront));
    }

    [Fact]
    public async Task A_vote_counts_once_and_only_for_whom_the_pair_was_shown()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        foreach (var (owner, content) in new[] { (mei, (byte)1), (await backend.MemberAsync("ann"), (byte)2) })
        {
            await EnterAsync(backend, owner, claim: null, content);
            var clips = (await RunsOfAsync(backend, CheckKind.Arena)).Single(run => !run.IsOver);
            var grant = (await backend.Ledger.ClaimAsync(clips.Id, "test", None))!;
            await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "video", "clip.mp4", [content, 9]), new RunFinished("completed", 1, 1, 1, 1) { Seq = 2 });
            await backend.EndAsync(grant);
        }

        await backend.Get<CheckDriver>().AdvanceAsync(None);
        var arena = backend.Get<ArenaService>();
        Assert.Null(await arena.NextAsync(mei, None));
        var pair = Assert.IsType<ArenaPair>(await arena.NextAsync(tom, None));
        Assert.Equal("a red circle", pair.Prompt);
        Assert.Equal("vote_unreadable", (await arena.VoteAsync(pair.Token, "left", mei, None))?.Code);
        Assert.Equal("vote_unreadable", (await arena.VoteAsync(pair.Token + "x", "left", tom, None))?.Code);
        Assert.Equal("not_signed_in", (await arena.VoteAsync(pair.Token, "left", Viewer.Visitor, None))?.Code);
        Assert.Null(await arena.RevealAsync(pair.Token, tom, None));
        Assert.Null(await arena.VoteAsync(pair.Token, "left", tom, None));
        Assert.Equal("vote_twice", (await arena.VoteAsync(pair.Token, "right", tom, None))?.Code);
        Assert.NotNull(await arena.RevealAsync(pair.Token, tom, None));
        Assert.Null(await arena.NextAsync(tom, None));
        var rows = await arena.TableAsync(None);
        Assert.Equal((await arena.RevealAsync(pair.Token, tom, None))!.LeftNumber, rows[0].Rating.Entry);
    }

    private static LeaderboardEntry Entry(long number, double quality, double? low, double? high, double flops, int frames = 16, bool disproved = false) => new()
    {
        Id = Guid.NewGuid(),
        Number = number,
        OwnerId = Guid.NewGuid(),
        SpecHash = number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Quality = quality,
        QualityLow = low,
        QualityHigh = high,
        Flops = flops,
        Disproved = disproved,
        ScoreJson = low is null ? null : JsonSerializer.Serialize(ScoreRecord.Of(ScoreMetrics.Quality, quality, null, null, new() { Frames = frames })),
        // The newest score sets the standard.
        LevelAt = DateTimeOffset.UnixEpoch.AddDays(frames == 16 ? 2 : 1),
        Level = low is null ? EntryLevel.SelfReported : EntryLevel.Rescored,
    };

    private static Task<Board> BoardAsync(Backend backend) => backend.Get<LeaderboardReader>().BoardAsync(Track.TrainingEfficient, null, false, None);

    private static async Task<long> EnterAsync(Backend backend, Viewer owner, string? claim, byte content = 1)
    {
        var run = await backend.SubmitAsync(owner, $"Shapes {content}");
        await TrainAsync(backend, run, content);
        return Assert.IsType<EntryTaken>(await backend.Get<LeaderboardService>().SubmitAsync(run, $"Mine {content}", claim, "20", "2", owner, None)).Number;
    }

    private static async Task TrainAsync(Backend backend, Guid run, byte content)
    {
        var grant = (await backend.Ledger.ClaimAsync(run, "test", None))!;
        await backend.ReportAsync(grant, Backend.Step(1, 1, 1), await backend.FileAsync(grant, 2, "checkpoint", "step-1.safetensors", [content, 2, 3], step: 1),
            new RunFinished("completed", 1, 60, 1 << 30, 5e12) { Seq = 3 });
        await backend.EndAsync(grant);
    }

    private static async Task ScoreAsync(Backend backend, Guid run, double quality)
    {
        var grant = (await backend.Ledger.ClaimAsync(run, "test", None))!;
        var report = new ScoreReport([ScoreRecord.Of(ScoreMetrics.Quality, quality, new Interval(quality - 0.05, quality + 0.05), null, new() { Frames = 16 })], []);
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 1, "scores", "scores.json", System.Text.Encoding.UTF8.GetBytes(report.ToJson())),
            new RunFinished("completed", 1, 1, 1, 1) { Seq = 2, SecondsPerVideoSecond = 2.5 });
        await backend.EndAsync(grant);
        await backend.Get<CheckDriver>().AdvanceAsync(None);
    }

    private static async Task<Run> RunOfAsync(Backend backend, CheckKind kind) => (await RunsOfAsync(backend, kind)).Single();

    private static async Task<IReadOnlyList<Run>> RunsOfAsync(Backend backend, CheckKind kind)
    {
        await using var db = await backend.DbAsync();
        var texts = await db.EntryChecks.Where(check => check.Kind == kind).OrderBy(check => check.CreatedAt).ThenBy(check => check.Id).Select(check => check.RunIds).ToListAsync();
        var ids = texts.SelectMany(text => JsonSerializer.Deserialize<List<Guid>>(text)!).ToList();
        var runs = await db.Runs.AsNoTracking().Where(run => ids.Contains(run.Id)).ToDictionaryAsync(run => run.Id);
        return [.. ids.Select(id => runs[id])];
    }
}
