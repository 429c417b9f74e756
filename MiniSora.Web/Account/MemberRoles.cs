namespace MiniSora.Web.Account;

/// <summary>Names of the roles as stored and as used in policies.</summary>
public static class MemberRoles
{
    /// <summary>May submit runs and publish; everybody with an account.</summary>
    public const string Member = "member";

    /// <summary>May also take posts out of the gallery.</summary>
    public const string Moderator = "moderator";

    /// <summary>May also act on other members' runs.</summary>
    public const string Administrator = "administrator";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Member, Moderator, Administrator];
}
