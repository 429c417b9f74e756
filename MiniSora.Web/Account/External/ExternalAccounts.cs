using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Account.External;

/// <summary>Accounts here and the accounts of elsewhere that open them.</summary>
internal sealed class ExternalAccounts(UserManager<Member> members, MiniSoraDbContext context, IOptions<OidcOptions> options, TimeProvider clock)
{
    /// <summary>Whose account this identity opens; null when it is new.</summary>
    public Task<Member?> FindAsync(ExternalIdentity identity) => members.FindByLoginAsync(identity.Provider, identity.Key);

    /// <summary>Makes an account without a password. An address that somebody has is refused like any other: who owns a mailbox elsewhere does not own the account here.</summary>
    public async Task<(Member Member, IdentityResult Result)> CreateAsync(ExternalIdentity identity, string displayName, string email, CancellationToken cancellationToken)
    {
        var member = new Member
        {
            UserName = email,
            Email = email,
            EmailConfirmed = identity.EmailVerified && string.Equals(email, identity.Email, StringComparison.OrdinalIgnoreCase),
            DisplayName = displayName,
            CreatedAt = clock.GetUtcNow(),
        };
        // All or nothing: an account that nothing opens would keep its address for ever.
        await using var whole = await context.Database.BeginTransactionAsync(cancellationToken);
        var result = await members.CreateAsync(member);
        if (result.Succeeded)
            result = await members.AddLoginAsync(member, LoginOf(identity));
        if (result.Succeeded)
            result = await members.AddToRoleAsync(member, MemberRoles.Member);
        if (result.Succeeded)
            await whole.CommitAsync(cancellationToken);
        return (member, result);
    }

    /// <summary>Lets the identity open the account. False when it opens another one.</summary>
    public async Task<bool> LinkAsync(Member member, ExternalIdentity identity)
    {
        if (member.IsDemo)
            throw new InvalidOperationException("The demo member is everybody's: nobody's account opens it.");
        if (await FindAsync(identity) is { } owner)
            return owner.Id == member.Id;
        return (await members.AddLoginAsync(member, LoginOf(identity))).Succeeded;
    }

    /// <summary>Takes a link away. False when nothing else would open the account.</summary>
    public async Task<bool> UnlinkAsync(Member member, string provider, string key)
    {
        var links = await members.GetLoginsAsync(member);
        // A provider that the portal does not offer any more opens nothing.
        if (member.PasswordHash is null && !links.Any(link => (link.LoginProvider, link.ProviderKey) != (provider, key) && options.Value.Providers.ContainsKey(link.LoginProvider)))
            return false;
        IdentityFailure.ThrowUnless(await members.RemoveLoginAsync(member, provider, key));
        return true;
    }

    // The name that is shown says which account of the provider it is.
    private static UserLoginInfo LoginOf(ExternalIdentity identity) => new(identity.Provider, identity.Key, identity.Email ?? identity.Name ?? identity.Subject);
}
