using System.Security.Claims;

namespace MiniSora.Web.Account;

/// <summary>Who asks: what a service needs to know of the person in front of a page.</summary>
/// <param name="MemberId">Null for a visitor.</param>
/// <param name="IsModerator">May take posts down; administrators may too.</param>
/// <param name="IsAdministrator">May act on everybody's runs.</param>
public sealed record Viewer(Guid? MemberId, bool IsModerator, bool IsAdministrator)
{
    /// <summary>Somebody who is not signed in.</summary>
    public static Viewer Visitor { get; } = new(null, false, false);

    /// <summary>Reads the claims of a cookie.</summary>
    public static Viewer From(ClaimsPrincipal? principal)
    {
        if (principal?.Identity?.IsAuthenticated != true
            || !Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), out var id))
            return Visitor;
        var administrator = principal.IsInRole(MemberRoles.Administrator);
        return new(id, administrator || principal.IsInRole(MemberRoles.Moderator), administrator);
    }

    /// <summary>Whether this person may act on what <paramref name="ownerId"/> owns.</summary>
    public bool MayActFor(Guid ownerId) => IsAdministrator || MemberId == ownerId;
}
