using Microsoft.AspNetCore.Identity;
using MiniSora.Web.Account;

namespace MiniSora.Web.Mail;

/// <summary>What following a link of a confirmation came to.</summary>
internal enum Confirmed
{
    /// <summary>The address is confirmed now.</summary>
    Now,

    /// <summary>It was before; the link did nothing.</summary>
    Before,

    /// <summary>The link is too old, of another address, or no link of ours.</summary>
    No,
}

/// <summary>Links by which a member shows that an address is theirs: Identity's token, good for a day and for the account as it is.</summary>
internal sealed class ConfirmationLinks(IServiceScopeFactory scopes)
{
    public const string Path = "/account/confirm-mail";

    public async Task<string> ForAsync(Guid memberId)
    {
        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var member = await members.FindByIdAsync(memberId.ToString()) ?? throw new InvalidOperationException($"There is no member {memberId}.");
        return $"{Path}?member={memberId:N}&token={Uri.EscapeDataString(await members.GenerateEmailConfirmationTokenAsync(member))}";
    }

    public async Task<Confirmed> FollowAsync(string? memberId, string? token)
    {
        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        if (!Guid.TryParse(memberId, out var id) || string.IsNullOrEmpty(token) || await members.FindByIdAsync(id.ToString()) is not { } member)
            return Confirmed.No;
        // Looked at first: whoever guesses learns nothing of the account.
        if (!await members.VerifyUserTokenAsync(member, members.Options.Tokens.EmailConfirmationTokenProvider, UserManager<Member>.ConfirmEmailTokenPurpose, token))
            return Confirmed.No;
        if (member.EmailConfirmed)
            return Confirmed.Before;
        return (await members.ConfirmEmailAsync(member, token)).Succeeded ? Confirmed.Now : Confirmed.No;
    }
}
