namespace MiniSora.Web.Account;

/// <summary>The one-time link that makes the first administrator of a production portal.</summary>
public sealed class FirstAdministrator
{
    /// <summary>Whether a token from the link is good now: known, not expired, not used, and there is no administrator.</summary>
    public Task<bool> IsValidAsync(string? token, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Makes the administrator and uses the token up. Empty when done, else codes: <c>token_invalid</c> or Identity's (e.g. <c>PasswordTooShort</c>).</summary>
    public Task<IReadOnlyList<string>> CreateAsync(string token, string email, string displayName, string password, CancellationToken cancellationToken) => throw new NotImplementedException();
}
