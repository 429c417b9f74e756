using Microsoft.AspNetCore.Identity;

namespace MiniSora.Web.Account;

/// <summary>Somebody with an account. The user name is the e-mail address; people see <see cref="DisplayName"/>.</summary>
public sealed class Member : IdentityUser<Guid>
{
    /// <summary>Longest display name, in characters.</summary>
    public const int MaxDisplayName = 60;

    /// <summary>Name shown beside runs and posts, 1–60 characters, not unique.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>The account behind "Try it as demo member".</summary>
    public bool IsDemo { get; set; }
}
