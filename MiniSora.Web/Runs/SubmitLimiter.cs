using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace MiniSora.Web.Runs;

/// <summary>How often one member may submit. Pages submit over a circuit, which no HTTP limiter sees.</summary>
internal sealed class SubmitLimiter(IOptions<RunOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<Guid> limiter = PartitionedRateLimiter.Create<Guid, Guid>(member =>
        RateLimitPartition.GetSlidingWindowLimiter(member, _ => new()
        {
            PermitLimit = options.Value.MaxSubmitsPerMinute,
            Window = TimeSpan.FromMinutes(1),
            SegmentsPerWindow = 6,
            QueueLimit = 0,
        }));

    public bool TryTake(Guid member)
    {
        using var lease = limiter.AttemptAcquire(member);
        return lease.IsAcquired;
    }

    public void Dispose() => limiter.Dispose();
}
