using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Account;
using MiniSora.Web.Moderation;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Retention;

/// <summary>A clean-up as the page shows it, with what was kept after all.</summary>
public sealed record CleanupView(Cleanup Cleanup, IReadOnlyList<(KeepReason Reason, int Count)> Spared);

/// <summary>What administrators do about the room: policy, preview, deletion.</summary>
public sealed class RetentionService
{
    private const int MostShown = 10;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly RetentionPolicies policies;
    private readonly RetentionPlanner planner;
    private readonly IOptions<RetentionOptions> options;

    internal RetentionService(
        IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, RetentionPolicies policies, RetentionPlanner planner, IOptions<RetentionOptions> options) =>
        (this.contexts, this.writing, this.policies, this.planner, this.options) = (contexts, writing, policies, planner, options);

    /// <summary>Minutes in which a decision can be called off.</summary>
    public int UndoMinutes => options.Value.UndoMinutes;

    /// <summary>The policy that holds.</summary>
    public Task<RetentionPolicy> PolicyAsync(CancellationToken cancellationToken) => policies.ReadAsync(cancellationToken);

    /// <summary>Lets another policy hold. Empty when done, else every reason against it.</summary>
    public async Task<IReadOnlyList<Refusal>> SaveAsync(RetentionPolicy policy, Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsAdministrator)
            return [new("not_found")];
        if (policy.Problems() is { Count: > 0 } problems)
            return problems;
        await writing.DoAsync(
            async write =>
            {
                if (await write.Context.Set<RetentionPolicy>().FindAsync([RetentionPolicy.TheRow], cancellationToken) is { } row)
                    write.Context.Entry(row).CurrentValues.SetValues(policy);
                else
                    write.Context.Add(policy);
                await Audit.WriteAsync(write, viewer, "retention_changed", policy.ToJson(), "/admin/storage", cancellationToken);
            },
            cancellationToken);
        policies.Forget();
        return [];
    }

    /// <summary>What a policy would delete now; nothing for who is no administrator.</summary>
    public async Task<RetentionPlan> PreviewAsync(RetentionPolicy policy, Viewer viewer, CancellationToken cancellationToken) =>
        viewer.IsAdministrator ? await planner.PlanAsync(policy, cancellationToken) : new([], []);

    /// <summary>
    /// Decides that what a preview showed shall go, once the time for calling it off is over. Refused when it is not what would be shown now,
    /// or when another one is under way. Null when done, else why not.
    /// </summary>
    /// <param name="digest"><see cref="RetentionPlan.Digest"/> of the preview.</param>
    public async Task<Refusal?> ScheduleAsync(RetentionPolicy policy, string digest, Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsAdministrator || viewer.MemberId is not { } member)
            return new("not_found");
        if (policy.Problems() is [var problem, ..])
            return problem;
        // Before the transaction: it keeps every other writer waiting. What changes until the deletion is looked at again then.
        var plan = await planner.PlanAsync(policy, cancellationToken);
        if (plan.Items.Count == 0)
            return new("cleanup_empty");
        if (plan.Digest != digest)
            return new("cleanup_changed");
        return await writing.DoAsync<Refusal?>(
            async write =>
            {
                if (await write.Context.Set<Cleanup>().AnyAsync(cleanup => cleanup.State == CleanupState.Scheduled || cleanup.State == CleanupState.Running, cancellationToken))
                    return new("cleanup_under_way");
                var cleanup = new Cleanup
                {
                    Id = Guid.CreateVersion7(write.Now),
                    RequestedBy = member,
                    RequestedByName = await write.Context.Users.Where(user => user.Id == member).Select(user => user.DisplayName).SingleOrDefaultAsync(cancellationToken) ?? "",
                    CreatedAt = write.Now,
                    RunsAt = write.Now + TimeSpan.FromMinutes(options.Value.UndoMinutes),
                    PolicyJson = policy.ToJson(),
                    Items = plan.Items.Count,
                    Bytes = plan.Bytes,
                };
                write.Context.Add(cleanup);
                write.Context.AddRange(plan.Items.Select((item, index) => new CleanupItem
                {
                    CleanupId = cleanup.Id,
                    Index = index,
                    Class = item.Class,
                    Target = item.Target,
                    RunId = item.Run?.Id,
                    Name = item.Name,
                    Bytes = item.Bytes,
                }));
                await Audit.WriteAsync(write, viewer, "cleanup_scheduled", CleanupText.Of(cleanup.Items, cleanup.Bytes), "/admin/storage", cancellationToken);
                return null;
            },
            cancellationToken);
    }

    /// <summary>Calls a clean-up off, or stops it on its way. Null when done, else why not.</summary>
    public Task<Refusal?> StopAsync(Guid cleanupId, Viewer viewer, CancellationToken cancellationToken) =>
        writing.DoAsync<Refusal?>(
            async write =>
            {
                if (!viewer.IsAdministrator || await write.Context.Set<Cleanup>().FindAsync([cleanupId], cancellationToken) is not { } cleanup)
                    return new("not_found");
                if (!cleanup.IsOpen)
                    return new("cleanup_over");
                if (cleanup.State == CleanupState.Scheduled)
                    (cleanup.State, cleanup.EndedAt) = (CleanupState.CalledOff, write.Now);
                else
                    cleanup.StopRequested = true;
                await Audit.WriteAsync(
                    write, viewer, cleanup.State == CleanupState.CalledOff ? "cleanup_called_off" : "cleanup_stopped", CleanupText.Of(cleanup.Items, cleanup.Bytes), "/admin/storage", cancellationToken);
                return null;
            },
            cancellationToken);

    /// <summary>The newest clean-ups; none for who is no administrator.</summary>
    public async Task<IReadOnlyList<CleanupView>> ListAsync(Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.IsAdministrator)
            return [];
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var cleanups = await context.Set<Cleanup>().AsNoTracking().OrderByDescending(cleanup => cleanup.CreatedAt).Take(MostShown).ToListAsync(cancellationToken);
        var ids = cleanups.Select(cleanup => cleanup.Id).ToList();
        var spared = await context.Set<CleanupItem>()
            .Where(item => ids.Contains(item.CleanupId) && item.Reason != null)
            .GroupBy(item => new { item.CleanupId, item.Reason })
            .Select(group => new { group.Key.CleanupId, group.Key.Reason, Count = group.Count() })
            .ToListAsync(cancellationToken);
        return [.. cleanups.Select(cleanup => new CleanupView(cleanup, [.. spared.Where(x => x.CleanupId == cleanup.Id).Select(x => (x.Reason!.Value, x.Count))]))];
    }
}

/// <summary>A clean-up in the audit trail.</summary>
internal static class CleanupText
{
    public static string Of(int items, long bytes) => $"{Localization.Amount.Count(items)} · {Localization.Amount.Bytes(bytes)}";
}
