namespace MiniSora.Web.Account;

/// <summary>A link that was printed; only the hash of its secret is kept.</summary>
public sealed class FirstAdministratorToken
{
    public int Id { get; init; }

    /// <summary>SHA-256 (hex) of the token.</summary>
    public string Hash { get; init; } = "";

    public DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }
}
