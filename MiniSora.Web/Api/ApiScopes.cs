namespace MiniSora.Web.Api;

/// <summary>What a token may do; names as stored, sent and used in policies.</summary>
public static class ApiScopes
{
    /// <summary>Look at runs, follow them, download what they made.</summary>
    public const string Read = "read";

    /// <summary>Submit runs, upload inputs, and act on one's own runs.</summary>
    public const string Write = "write";

    /// <summary>Work on runs: claim them, report for them, upload what they made. Only an administrator's token can have it.</summary>
    public const string Worker = "worker";

    /// <summary>Type of the claims that carry scopes.</summary>
    internal const string Claim = "scope";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Read, Write, Worker];
}
