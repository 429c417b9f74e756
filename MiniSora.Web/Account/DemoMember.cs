using Microsoft.AspNetCore.Identity;

namespace MiniSora.Web.Account;

/// <summary>The account behind "Try it as demo member".</summary>
public sealed class DemoMember
{
    private const string Email = "demo@minisora.invalid";

    private readonly IHostEnvironment environment;
    private readonly ListeningAddresses addresses;
    private readonly IServiceScopeFactory scopes;
    private readonly TimeProvider clock;
    private readonly SemaphoreSlim one = new(1);

    internal DemoMember(IHostEnvironment environment, ListeningAddresses addresses, IServiceScopeFactory scopes, TimeProvider clock) =>
        (this.environment, this.addresses, this.scopes, this.clock) = (environment, addresses, scopes, clock);

    /// <summary>Outside production and where the portal listens on loopback addresses alone.</summary>
    public bool IsOffered => !environment.IsProduction() && addresses.AreLoopback;

    /// <summary>The account, made on first use; sign it in with <c>SignInManager.SignInAsync</c>. Throws when it is not offered.</summary>
    public async Task<Member> GetAsync(CancellationToken cancellationToken)
    {
        if (!IsOffered)
            throw new InvalidOperationException("There is no demo member in production or on a public address.");
        // Two first visitors at once shall not make two accounts.
        await one.WaitAsync(cancellationToken);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
            if (await members.FindByNameAsync(Email) is { } known)
                return known;
            // No password: nobody signs in as this account through the form.
            var member = new Member { UserName = Email, Email = Email, DisplayName = "Demo", CreatedAt = clock.GetUtcNow(), IsDemo = true };
            IdentityFailure.ThrowUnless(await members.CreateAsync(member));
            IdentityFailure.ThrowUnless(await members.AddToRoleAsync(member, MemberRoles.Member));
            return member;
        }
        finally
        {
            one.Release();
        }
    }
}
