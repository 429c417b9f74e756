using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Account;

/// <summary>The one-time link that makes the first administrator of a production portal.</summary>
public sealed class FirstAdministrator
{
    /// <summary>How long a link is good.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly IServiceScopeFactory scopes;
    private readonly TimeProvider clock;

    internal FirstAdministrator(IDbContextFactory<MiniSoraDbContext> contexts, IServiceScopeFactory scopes, TimeProvider clock) =>
        (this.contexts, this.scopes, this.clock) = (contexts, scopes, clock);

    /// <summary>Whether a token from the link is good now: known, not expired, not used, and there is no administrator.</summary>
    public async Task<bool> IsValidAsync(string? token, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(token) || await ExistsAsync(cancellationToken))
            return false;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (hash, now) = (HashOf(token), clock.GetUtcNow());
        return await context.FirstAdministratorTokens.AnyAsync(t => t.Hash == hash && t.UsedAt == null && t.ExpiresAt > now, cancellationToken);
    }

    /// <summary>Makes the administrator and uses the token up. Empty when done, else codes: <c>token_invalid</c> or Identity's (e.g. <c>PasswordTooShort</c>).</summary>
    public async Task<IReadOnlyList<string>> CreateAsync(string token, string email, string displayName, string password, CancellationToken cancellationToken)
    {
        if (!await TakeAsync(token, cancellationToken))
            return ["token_invalid"];
        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var member = new Member { UserName = email, Email = email, DisplayName = displayName, CreatedAt = clock.GetUtcNow() };
        var made = await members.CreateAsync(member, password);
        if (!made.Succeeded)
        {
            // Only a made account uses the link up: a password that is too short may be mended.
            await GiveBackAsync(token, cancellationToken);
            return [.. made.Errors.Select(error => error.Code)];
        }

        IdentityFailure.ThrowUnless(await members.AddToRolesAsync(member, MemberRoles.All));
        return [];
    }

    /// <summary>Whether somebody is administrator.</summary>
    internal async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.UserRoles
            .Join(context.Roles, link => link.RoleId, role => role.Id, (_, role) => role.Name)
            .AnyAsync(name => name == MemberRoles.Administrator, cancellationToken);
    }

    /// <summary>Makes a new link's token; older ones are void.</summary>
    internal async Task<string> IssueAsync(CancellationToken cancellationToken)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.FirstAdministratorTokens.ExecuteDeleteAsync(cancellationToken);
        context.FirstAdministratorTokens.Add(new() { Hash = HashOf(token), ExpiresAt = clock.GetUtcNow() + Life });
        await context.SaveChangesAsync(cancellationToken);
        return token;
    }

    // One statement, so that of two who hold the link one wins.
    private async Task<bool> TakeAsync(string token, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(token) || await ExistsAsync(cancellationToken))
            return false;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (hash, now) = (HashOf(token), clock.GetUtcNow());
        return await context.FirstAdministratorTokens
            .Where(t => t.Hash == hash && t.UsedAt == null && t.ExpiresAt > now)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), cancellationToken) == 1;
    }

    private async Task GiveBackAsync(string token, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var hash = HashOf(token);
        await context.FirstAdministratorTokens.Where(t => t.Hash == hash)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, (DateTimeOffset?)null), cancellationToken);
    }

    private static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
