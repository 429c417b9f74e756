using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Retention;

/// <summary>The policy that holds. Asked at every checkpoint, so it is read once; a portal that changes it says so.</summary>
internal sealed class RetentionPolicies(IDbContextFactory<MiniSoraDbContext> contexts, IOptions<RunOptions> options)
{
    private volatile RetentionPolicy? known;

    public async Task<RetentionPolicy> ReadAsync(CancellationToken cancellationToken)
    {
        if (known is { } policy)
            return policy;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return known = await context.Set<RetentionPolicy>().AsNoTracking().SingleOrDefaultAsync(cancellationToken) ?? RetentionPolicy.Default(options.Value);
    }

    /// <summary>It was changed here: for whoever tells other portals.</summary>
    public event Action? Forgotten;

    /// <summary>It was changed.</summary>
    public void Forget()
    {
        Hear();
        Forgotten?.Invoke();
    }

    /// <summary>Another portal changed it.</summary>
    public void Hear() => known = null;
}
