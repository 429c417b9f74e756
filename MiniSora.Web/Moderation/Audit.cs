using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Moderation;

/// <summary>Writes down what moderators do, in the transaction that does it.</summary>
internal static class Audit
{
    public static async Task WriteAsync(RunWrite write, Viewer viewer, string action, string target, string url, CancellationToken cancellationToken)
    {
        var name = await write.Context.Users.Where(member => member.Id == viewer.MemberId).Select(member => member.DisplayName).SingleOrDefaultAsync(cancellationToken);
        write.Context.AuditEntries.Add(new() { At = write.Now, ActorId = viewer.MemberId ?? Guid.Empty, ActorName = name ?? "", Action = action, Target = target, TargetUrl = url });
    }
}
