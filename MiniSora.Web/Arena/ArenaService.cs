using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Arena;

/// <summary>Two videos of one prompt, unlabelled.</summary>
/// <param name="Token">Says which is which, sealed.</param>
public sealed record ArenaPair(string Prompt, string LeftUrl, string RightUrl, string Token);

/// <summary>Which two a member just compared.</summary>
public sealed record ArenaReveal(string LeftTitle, long LeftNumber, string RightTitle, long RightNumber);

/// <summary>A row of the arena's table.</summary>
/// <param name="Rank">Entries whose intervals reach the best of their group share it.</param>
public sealed record ArenaRow(int Rank, ArenaRating Rating, string Title, string OwnerName);

/// <summary>Pairs, votes and ratings of the arena.</summary>
public sealed class ArenaService
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly IDataProtector seal;
    private readonly TimeProvider clock;

    internal ArenaService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, IDataProtectionProvider protection, TimeProvider clock) =>
        (this.contexts, this.writing, seal, this.clock) = (contexts, writing, protection.CreateProtector("MiniSora.Arena"), clock);

    /// <summary>A pair this viewer has not voted on, the positions by chance; null when there is none. A visitor sees any.</summary>
    public async Task<ArenaPair?> NextAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var clips = await ClipsAsync(context, cancellationToken);
        // Nobody judges their own.
        var own = await context.LeaderboardEntries.Where(entry => entry.OwnerId == viewer.MemberId).Select(entry => entry.Number).ToListAsync(cancellationToken);
        clips.RemoveAll(clip => own.Contains(clip.Entry));
        var seen = viewer.MemberId is not { } member ? [] : (await context.ArenaVotes.Where(vote => vote.MemberId == member)
            .Select(vote => new { vote.FirstEntry, vote.SecondEntry, vote.Clip }).ToListAsync(cancellationToken)).Select(vote => (vote.FirstEntry, vote.SecondEntry, vote.Clip)).ToHashSet();
        var counts = (await context.ArenaVotes.GroupBy(vote => new { vote.FirstEntry, vote.SecondEntry }).Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellationToken))
            .ToDictionary(x => (x.Key.FirstEntry, x.Key.SecondEntry), x => x.Count);
        var pairs = (from first in clips
                     from second in clips
                     where first.Entry < second.Entry && first.Clip == second.Clip && first.Prompt == second.Prompt && first.Url != second.Url
                     where !seen.Contains((first.Entry, second.Entry, first.Clip))
                     select (first, second)).ToList();
        if (pairs.Count == 0)
            return null;
        // Pairs that were seldom compared tell most.
        var fewest = pairs.Min(pair => counts.GetValueOrDefault((pair.first.Entry, pair.second.Entry)));
        var rare = pairs.Where(pair => counts.GetValueOrDefault((pair.first.Entry, pair.second.Entry)) == fewest).ToList();
        var (a, b) = rare[RandomNumberGenerator.GetInt32(rare.Count)];
        var swapped = RandomNumberGenerator.GetInt32(2) == 1;
        var (left, right) = swapped ? (b, a) : (a, b);
        var token = seal.Protect(string.Create(CultureInfo.InvariantCulture, $"{viewer.MemberId:N}|{left.Entry}|{right.Entry}|{a.Clip}"));
        return new(a.Prompt, left.Url, right.Url, token);
    }

    /// <summary>Takes a vote: <c>left</c>, <c>right</c> or <c>equal</c>. Null when it counts, else why not.</summary>
    public async Task<Refusal?> VoteAsync(string? token, string? choice, Viewer viewer, CancellationToken cancellationToken)
    {
        if (viewer.MemberId is not { } member)
            return new("not_signed_in");
        // A token belongs to whoever it was made for: one cannot be passed to fifty accounts.
        if (Open(token) is not { } shown || shown.Member != member)
            return new("vote_unreadable");
        var leftIsFirst = shown.Left < shown.Right;
        ArenaChoice? said = choice switch
        {
            "left" => leftIsFirst ? ArenaChoice.First : ArenaChoice.Second,
            "right" => leftIsFirst ? ArenaChoice.Second : ArenaChoice.First,
            "equal" => ArenaChoice.Equal,
            _ => null,
        };
        if (said is not { } kept)
            return new("vote_unreadable");
        return await writing.DoAsync<Refusal?>(
            async write =>
            {
                var (first, second) = (Math.Min(shown.Left, shown.Right), Math.Max(shown.Left, shown.Right));
                if (await write.Context.ArenaVotes.AnyAsync(vote => vote.MemberId == member && vote.FirstEntry == first && vote.SecondEntry == second && vote.Clip == shown.Clip, cancellationToken))
                    return new("vote_twice");
                if (await write.Context.LeaderboardEntries.AnyAsync(entry => (entry.Number == first || entry.Number == second) && entry.OwnerId == member, cancellationToken))
                    return new("vote_own");
                write.Context.ArenaVotes.Add(new() { Id = Guid.CreateVersion7(write.Now), MemberId = member, FirstEntry = first, SecondEntry = second, Clip = shown.Clip, Choice = kept, CreatedAt = write.Now });
                return null;
            },
            cancellationToken);
    }

    /// <summary>Which two a token showed, after the vote; null for another member's or a broken one.</summary>
    public async Task<ArenaReveal?> RevealAsync(string? token, Viewer viewer, CancellationToken cancellationToken)
    {
        if (Open(token) is not { } shown || shown.Member != viewer.MemberId)
            return null;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (first, second) = (Math.Min(shown.Left, shown.Right), Math.Max(shown.Left, shown.Right));
        if (!await context.ArenaVotes.AnyAsync(vote => vote.MemberId == viewer.MemberId && vote.FirstEntry == first && vote.SecondEntry == second && vote.Clip == shown.Clip, cancellationToken))
            return null;
        var titles = await context.LeaderboardEntries.Where(entry => entry.Number == first || entry.Number == second).ToDictionaryAsync(entry => entry.Number, entry => entry.Title, cancellationToken);
        return titles.TryGetValue(shown.Left, out var left) && titles.TryGetValue(shown.Right, out var right) ? new(left, shown.Left, right, shown.Right) : null;
    }

    /// <summary>The table, the best first.</summary>
    public async Task<IReadOnlyList<ArenaRow>> TableAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var young = clock.GetUtcNow() - ArenaWeights.Youth;
        var votes = await context.ArenaVotes.AsNoTracking().Join(context.Users, vote => vote.MemberId, member => member.Id, (vote, member) => new { vote, member.CreatedAt }).ToListAsync(cancellationToken);
        var ballots = votes.OrderBy(x => x.vote.Id).Select(x => new ArenaBallot(
            x.vote.MemberId, x.CreatedAt > young, x.vote.FirstEntry, x.vote.SecondEntry,
            x.vote.Choice switch { ArenaChoice.First => 1, ArenaChoice.Second => 0, _ => 0.5 })).ToList();
        var names = (await context.LeaderboardEntries.AsNoTracking().Join(context.Users, entry => entry.OwnerId, member => member.Id, (entry, member) => new { entry.Number, entry.Title, member.DisplayName })
            .ToListAsync(cancellationToken)).ToDictionary(x => x.Number);
        var rows = new List<ArenaRow>();
        var (rank, leader) = (0, (ArenaRating?)null);
        foreach (var rating in BradleyTerry.Of(ballots).Where(rating => names.ContainsKey(rating.Entry)))
        {
            if (leader is null || rating.High < leader.Low)
                (rank, leader) = (rows.Count + 1, rating);
            rows.Add(new(rank, rating, names[rating.Entry].Title, names[rating.Entry].DisplayName));
        }

        return rows;
    }

    private static async Task<List<(long Entry, int Clip, string Prompt, string Url)>> ClipsAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        var checks = await context.EntryChecks.Where(check => check.Kind == CheckKind.Arena && check.State == CheckState.Passed)
            .Join(context.LeaderboardEntries.Where(entry => !entry.Disproved), check => check.EntryId, entry => entry.Id, (check, entry) => new { entry.Number, check.RunIds }).ToListAsync(cancellationToken);
        var runs = new Dictionary<Guid, long>();
        foreach (var check in checks)
        {
            foreach (var id in JsonSerializer.Deserialize<List<Guid>>(check.RunIds) ?? [])
                runs[id] = check.Number;
        }

        var ids = runs.Keys.ToList();
        var videos = await context.Artifacts.Where(a => a.RunId != null && ids.Contains(a.RunId.Value) && a.Kind == "video").Select(a => new { a.RunId, a.Index, a.Prompt, a.Sha256 }).ToListAsync(cancellationToken);
        // The name in the address tells nothing.
        return [.. videos.Select(video => (runs[video.RunId!.Value], video.Index, video.Prompt ?? "", Artifact.UrlOf(video.Sha256, "arena.mp4")))];
    }

    private (Guid? Member, long Left, long Right, int Clip)? Open(string? token)
    {
        try
        {
            var parts = seal.Unprotect(token ?? "").Split('|');
            return parts.Length == 4
                ? (Guid.TryParse(parts[0], out var member) ? member : null, long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture), int.Parse(parts[3], CultureInfo.InvariantCulture))
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
