using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Retention;

/// <summary>What lists of files need to know of every run.</summary>
internal static class FileRuns
{
    public sealed record Facts(FileRun Named, Guid OwnerId, RunKind Kind, RunState State, DateTimeOffset? EndedAt);

    public static async Task<IReadOnlyDictionary<Guid, Facts>> ReadAsync(MiniSoraDbContext context, CancellationToken cancellationToken) =>
        await context.Runs.AsNoTracking()
            .Join(context.Users, run => run.OwnerId, member => member.Id, (run, member) =>
                new { run.Id, run.Number, run.Name, run.OwnerId, member.DisplayName, run.Kind, run.State, run.EndedAt })
            .ToDictionaryAsync(run => run.Id, run => new Facts(new(run.Id, run.Number, run.Name, run.DisplayName), run.OwnerId, run.Kind, run.State, run.EndedAt), cancellationToken);
}
