using Microsoft.AspNetCore.Identity;

namespace MiniSora.Web.Account;

/// <summary>Somebody with an account. The user name is the e-mail address; people see <see cref="DisplayName"/>.</summary>
public sealed class Member : IdentityUser<Guid>
{
    /// <summary>Longest display name, in characters.</summary>
    public const int MaxDisplayName = 60;

    /// <summary>Name shown beside runs and posts, 1–60 characters, not unique.</summary>
    public string DisplayName { get; set; } = "";

    /// <summary>Name in the address of the profile, unique; made from the display name when the account is made and kept after that.</summary>
    public string Handle { get; set; } = "";

    /// <summary>What the member says about themselves, Markdown, at most 2,000 characters.</summary>
    public string About { get; set; } = "";

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>The account behind "Try it as demo member".</summary>
    public bool IsDemo { get; set; }
}
