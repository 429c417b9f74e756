using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MiniSora.Web.Portals;
using MiniSora.Web.Queue;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Status;

/// <summary>The database answers.</summary>
internal sealed class DatabaseCheck(IDbContextFactory<MiniSoraDbContext> contexts) : IHealthCheck
{
    public const string Name = "database";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        await using var database = await contexts.CreateDbContextAsync(cancellationToken);
        await database.Runs.AnyAsync(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}

/// <summary>The scheduler looked for work lately, where there is one.</summary>
internal sealed class SchedulerCheck(IServiceProvider services, TimeProvider clock) : IHealthCheck
{
    public const string Name = "scheduler";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        if (services.GetService<RunScheduler>() is not { } scheduler)
            return Task.FromResult(HealthCheckResult.Healthy("not here"));
        var result = scheduler.LastLook is { } last && clock.GetUtcNow() - last < Patience ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("has not looked for work");
        return Task.FromResult(result);
    }
}

/// <summary>The portals hear each other, and a front portal knows its lead. Without that pages still serve what is stored: it is degraded.</summary>
internal sealed class LeadCheck(PortalLine line, IServiceProvider services) : IHealthCheck
{
    public const string Name = "portals";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(!line.IsWhole ? HealthCheckResult.Degraded("the line to the other portals is broken")
            : services.GetService<LeadMirror>() is { HasLead: false } ? HealthCheckResult.Degraded("the lead is away: runs wait")
            : HealthCheckResult.Healthy());
}

/// <summary>There is room for new runs. Without it the portal still serves: it is degraded.</summary>
internal sealed class DiskCheck(DiskRoom room) : IHealthCheck
{
    public const string Name = "disk";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(room.CauseForAll() is null ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("new runs wait for room"));
}
