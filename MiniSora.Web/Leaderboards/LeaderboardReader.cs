using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Leaderboards;

/// <summary>A row of a leaderboard.</summary>
/// <param name="Rank">1 for the best; null for entries that are not ranked: claims, disproved ones, and those whose numbers cannot be compared.</param>
/// <param name="OnFront">Nobody is both better and cheaper.</param>
/// <param name="Apart">Why it stands apart from the ranked ones: names of the conditions that differ; empty otherwise.</param>
public sealed record BoardRow(LeaderboardEntry Entry, string OwnerName, double? Cost, int? Rank, bool OnFront, IReadOnlyList<string> Apart);

/// <summary>A record of a track: from this day nobody had been better.</summary>
public sealed record BoardRecord(DateTimeOffset At, double Quality, long Number, string Title, string OwnerName);

/// <summary>A leaderboard as it is shown.</summary>
/// <param name="Machines">Classes of hardware that have entries.</param>
/// <param name="Machine">The one that is shown; empty for all.</param>
public sealed record Board(Track Track, IReadOnlyList<string> Machines, string Machine, IReadOnlyList<BoardRow> Rows, IReadOnlyList<BoardRecord> Records);

/// <summary>An entry with its checks, newest first.</summary>
public sealed record EntryDetails(LeaderboardEntry Entry, string OwnerName, IReadOnlyList<EntryCheck> Checks, bool RunExists);

/// <summary>Reads leaderboards for pages.</summary>
public sealed class LeaderboardReader
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;

    internal LeaderboardReader(IDbContextFactory<MiniSoraDbContext> contexts) => this.contexts = contexts;

    /// <summary>A track's board. Of equal specs by one member only the newest is shown unless <paramref name="all"/>.</summary>
    public async Task<Board> BoardAsync(Track track, string? machine, bool all, CancellationToken cancellationToken)
    {
        var rows = await EntriesAsync(cancellationToken);
        var machines = rows.Select(row => row.Entry.MachineOf(track)).Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal).ToList();
        var chosen = machines.Contains(machine ?? "") ? machine! : "";
        var shown = rows.Where(row => chosen.Length == 0 || row.Entry.MachineOf(track) == chosen).ToList();
        return new(track, machines, chosen, Rank(track, shown, all), Records(shown));
    }

    /// <summary>The best rows of every track, on all machines.</summary>
    public async Task<IReadOnlyList<(Track Track, IReadOnlyList<BoardRow> Rows)>> BestAsync(int take, CancellationToken cancellationToken)
    {
        var rows = await EntriesAsync(cancellationToken);
        return [.. Enum.GetValues<Track>().Select(track => (track, (IReadOnlyList<BoardRow>)[.. Rank(track, rows, all: false).Take(take)]))];
    }

    /// <summary>One entry; null when there is none.</summary>
    public async Task<EntryDetails?> EntryAsync(long number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.LeaderboardEntries.AsNoTracking().Where(entry => entry.Number == number)
            .Join(context.Users, entry => entry.OwnerId, member => member.Id, (entry, member) => new { entry, member.DisplayName })
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        var checks = await context.EntryChecks.AsNoTracking().Where(check => check.EntryId == found.entry.Id).OrderByDescending(check => check.CreatedAt).ToListAsync(cancellationToken);
        return new(found.entry, found.DisplayName, checks, await context.Runs.AnyAsync(run => run.Id == found.entry.RunId, cancellationToken));
    }

    /// <summary>Number of the entry of a run; null when it has none.</summary>
    public async Task<long?> OfRunAsync(Guid runId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.LeaderboardEntries.Where(entry => entry.RunId == runId).OrderByDescending(entry => entry.Number).Select(entry => (long?)entry.Number).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>
    /// Rows in order: ranked ones by quality, those whose intervals overlap the best of their group sharing its rank; then the rest. Numbers that
    /// cannot stand in one column with the newest score are not ranked with it.
    /// </summary>
    internal static IReadOnlyList<BoardRow> Rank(Track track, IReadOnlyList<(LeaderboardEntry Entry, string Owner)> entries, bool all)
    {
        var shown = all ? entries : [.. entries.GroupBy(row => (row.Entry.OwnerId, row.Entry.SpecHash)).Select(group => group.MaxBy(row => row.Entry.Number))];
        // Most records say the same: each is read once.
        var read = new Dictionary<string, ScoreRecord?>(StringComparer.Ordinal);
        ScoreRecord? Score(LeaderboardEntry entry)
        {
            if (entry.ScoreJson is not { } json)
                return null;
            if (!read.TryGetValue(json, out var score))
                read.Add(json, score = Read(json));
            return score;
        }

        var standard = shown.Where(row => row.Entry.ScoreJson is not null).OrderByDescending(row => row.Entry.LevelAt).Select(row => Score(row.Entry)).FirstOrDefault(score => score is not null);
        var ranked = new List<(LeaderboardEntry Entry, string Owner)>();
        var rest = new List<BoardRow>();
        foreach (var row in shown)
        {
            var score = Score(row.Entry);
            var apart = score is null || standard is null ? [] : ScoreComparison.Differences(standard, score);
            if (score is not null && apart.Count == 0 && !row.Entry.Disproved && row.Entry.Quality is not null)
                ranked.Add(row);
            else
                rest.Add(new(row.Entry, row.Owner, row.Entry.Cost(track), null, false, apart));
        }

        ranked = [.. ranked.OrderByDescending(row => row.Entry.Quality).ThenBy(row => row.Entry.Number)];
        var priced = ranked.Where(row => row.Entry.Cost(track) is not null).ToList();
        var front = ParetoFront.Of([.. priced.Select(row => (row.Entry.Cost(track)!.Value, row.Entry.Quality!.Value))]).Select(place => priced[place].Entry.Id).ToHashSet();
        var rows = new List<BoardRow>();
        var (rank, leader) = (0, (LeaderboardEntry?)null);
        foreach (var (row, place) in ranked.Select((row, place) => (row, place + 1)))
        {
            // Indistinguishable from the leader of the group: the same rank.
            if (leader is null || (row.Entry.QualityHigh ?? row.Entry.Quality) < (leader.QualityLow ?? leader.Quality))
                (rank, leader) = (place, row.Entry);
            rows.Add(new(row.Entry, row.Owner, row.Entry.Cost(track), rank, front.Contains(row.Entry.Id), []));
        }

        return [.. rows, .. rest.OrderByDescending(row => row.Entry.Quality ?? -1).ThenBy(row => row.Entry.Number)];
    }

    // Without the documents that trained and sampled them: they are as long as all the rest.
    private async Task<List<(LeaderboardEntry Entry, string Owner)>> EntriesAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.LeaderboardEntries.AsNoTracking()
            .Join(context.Users, entry => entry.OwnerId, member => member.Id, (e, member) => new
            {
                member.DisplayName,
                Entry = new LeaderboardEntry
                {
                    Id = e.Id,
                    Number = e.Number,
                    OwnerId = e.OwnerId,
                    Title = e.Title,
                    RunId = e.RunId,
                    CheckpointSha256 = e.CheckpointSha256,
                    SpecHash = e.SpecHash,
                    Dataset = e.Dataset,
                    Machine = e.Machine,
                    PeakMemoryBytes = e.PeakMemoryBytes,
                    Flops = e.Flops,
                    DeviceSeconds = e.DeviceSeconds,
                    SecondsPerVideoSecond = e.SecondsPerVideoSecond,
                    JoulesPerVideoSecond = e.JoulesPerVideoSecond,
                    SamplingMachine = e.SamplingMachine,
                    ClaimedQuality = e.ClaimedQuality,
                    Level = e.Level,
                    Quality = e.Quality,
                    QualityLow = e.QualityLow,
                    QualityHigh = e.QualityHigh,
                    ScoreJson = e.ScoreJson,
                    Disproved = e.Disproved,
                    CreatedAt = e.CreatedAt,
                    LevelAt = e.LevelAt,
                },
            })
            .ToListAsync(cancellationToken);
        return [.. rows.OrderBy(row => row.Entry.Number).Select(row => (row.Entry, row.DisplayName))];
    }

    private static List<BoardRecord> Records(IReadOnlyList<(LeaderboardEntry Entry, string Owner)> entries)
    {
        var records = new List<BoardRecord>();
        var best = double.NegativeInfinity;
        foreach (var (entry, owner) in entries.Where(row => row.Entry is { ScoreJson: not null, Disproved: false, Quality: not null }).OrderBy(row => row.Entry.LevelAt))
        {
            if (entry.Quality <= best)
                continue;
            best = entry.Quality!.Value;
            records.Add(new(entry.LevelAt, best, entry.Number, entry.Title, owner));
        }

        return records;
    }

    private static ScoreRecord? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<ScoreRecord>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
