namespace MiniSora.Jobs.Portal;

/// <summary>What the portal said no with.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Message">A sentence in the language asked for.</param>
/// <param name="Path">Field of the spec; null when it is about none.</param>
public sealed record PortalReason(string Code, string Message, string? Path);

/// <summary>The portal refused, or it could not be reached (status 0).</summary>
public sealed class PortalException : Exception
{
    /// <summary>With the portal's own reasons.</summary>
    public PortalException(int status, IReadOnlyList<PortalReason> reasons)
        : base(string.Join(' ', reasons.Select(reason => reason.Message))) => (Status, Reasons) = (status, reasons);

    /// <summary>HTTP status; 0 when there was no answer.</summary>
    public int Status { get; }

    /// <summary>All of them.</summary>
    public IReadOnlyList<PortalReason> Reasons { get; }
}
