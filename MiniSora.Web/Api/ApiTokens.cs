using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Api;

/// <summary>A token as its owner sees it later.</summary>
public sealed record ApiTokenView(Guid Id, string Name, string Hint, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt);

/// <summary>Answer to the wish for a token.</summary>
public abstract record TokenResult;

/// <summary>It is made; <paramref name="Secret"/> cannot be had again.</summary>
public sealed record TokenMade(ApiTokenView Token, string Secret) : TokenResult;

/// <summary>It is not, for all these reasons.</summary>
public sealed record TokenRefused(IReadOnlyList<Refusal> Reasons) : TokenResult;

/// <summary>Makes, lists and takes back the tokens of a member, and finds who stands behind a secret.</summary>
public sealed class ApiTokens
{
    /// <summary>How every secret begins, so that people and secret scanners know one when they see it.</summary>
    public const string Prefix = "msr_";

    /// <summary>Tokens one member may have.</summary>
    public const int MostPerMember = 50;

    /// <summary>Longest life of a token.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(366);

    // Written down at most so often: a worker's token is used several times a second.
    private static readonly TimeSpan UseInterval = TimeSpan.FromMinutes(1);

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly TimeProvider clock;

    internal ApiTokens(IDbContextFactory<MiniSoraDbContext> contexts, TimeProvider clock) => (this.contexts, this.clock) = (contexts, clock);

    /// <summary>Makes a token. A member's token can do less than the member, never more.</summary>
    /// <param name="life">From now until it expires; more than nothing, at most <see cref="LongestLife"/>.</param>
    public async Task<TokenResult> MakeAsync(string name, IReadOnlyCollection<string> scopes, TimeSpan life, Viewer viewer, CancellationToken cancellationToken)
    {
        name = name.Trim();
        if (viewer.MemberId is not { } owner)
            return new TokenRefused([new("not_signed_in")]);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var reasons = new List<Refusal>();
        if (name.Length is 0 or > ApiToken.MaxName)
            reasons.Add(new("token_name", ("limit", ApiToken.MaxName.ToString(CultureInfo.InvariantCulture))));
        if (scopes.Count == 0 || scopes.Except(ApiScopes.All).Any())
            reasons.Add(new("token_scopes"));
        if (scopes.Contains(ApiScopes.Worker) && !viewer.IsAdministrator)
            reasons.Add(new("token_worker_scope"));
        if (life <= TimeSpan.Zero || life > LongestLife)
            reasons.Add(new("token_life", ("limit", LongestLife.TotalDays.ToString(CultureInfo.InvariantCulture))));
        if (await context.ApiTokens.CountAsync(t => t.OwnerId == owner && t.ExpiresAt > now, cancellationToken) >= MostPerMember)
            reasons.Add(new("too_many_tokens", ("limit", MostPerMember.ToString(CultureInfo.InvariantCulture))));
        if (reasons.Count > 0)
            return new TokenRefused(reasons);

        var secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var token = new ApiToken
        {
            Id = Guid.CreateVersion7(now),
            OwnerId = owner,
            Name = name,
            Hash = HashOf(secret),
            Hint = secret[^4..],
            Scopes = string.Join(' ', ApiScopes.All.Where(scopes.Contains)),
            CreatedAt = now,
            ExpiresAt = now + life,
        };
        context.ApiTokens.Add(token);
        await context.SaveChangesAsync(cancellationToken);
        return new TokenMade(View(token), secret);
    }

    /// <summary>The viewer's own tokens, the newest first; expired ones too, until they are removed.</summary>
    public async Task<IReadOnlyList<ApiTokenView>> ListAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var tokens = await context.ApiTokens.AsNoTracking().Where(t => t.OwnerId == viewer.MemberId).OrderByDescending(t => t.CreatedAt).ThenByDescending(t => t.Id).ToListAsync(cancellationToken);
        return [.. tokens.Select(View)];
    }

    /// <summary>Takes a token back: from the next request on it is worth nothing. Null when done.</summary>
    public async Task<Refusal?> RevokeAsync(Guid tokenId, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ApiTokens.Where(t => t.Id == tokenId && t.OwnerId == viewer.MemberId).ExecuteDeleteAsync(cancellationToken) == 1 ? null : new("not_found");
    }

    /// <summary>Who stands behind a secret; null when nobody does. An expired token is found too: its bearer shall be told why it does not work.</summary>
    internal async Task<TokenHolder?> FindAsync(string secret, CancellationToken cancellationToken)
    {
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (hash, now) = (HashOf(secret), clock.GetUtcNow());
        var found = await context.ApiTokens.AsNoTracking()
            .Where(t => t.Hash == hash)
            .Join(context.Users, t => t.OwnerId, member => member.Id, (token, member) => new { token, member.DisplayName, member.UserName })
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        var roles = await context.UserRoles.Where(link => link.UserId == found.token.OwnerId)
            .Join(context.Roles, link => link.RoleId, role => role.Id, (_, role) => role.Name!)
            .ToListAsync(cancellationToken);
        if (found.token.ExpiresAt > now && (found.token.LastUsedAt is not { } last || now - last >= UseInterval))
            await context.ApiTokens.Where(t => t.Id == found.token.Id).ExecuteUpdateAsync(set => set.SetProperty(t => t.LastUsedAt, now), cancellationToken);
        return new(View(found.token), found.token.OwnerId, found.UserName ?? "", found.DisplayName, roles, found.token.ExpiresAt <= now);
    }

    private static ApiTokenView View(ApiToken token) => new(token.Id, token.Name, token.Hint, token.Scopes.Split(' '), token.CreatedAt, token.ExpiresAt, token.LastUsedAt);

    private static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}

/// <summary>The member behind a token, as the portal knows them now: a role that was taken away is gone from the token too.</summary>
internal sealed record TokenHolder(ApiTokenView Token, Guid OwnerId, string UserName, string DisplayName, IReadOnlyList<string> Roles, bool Expired);
