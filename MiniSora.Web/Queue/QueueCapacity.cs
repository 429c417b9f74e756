using MiniSora.Jobs.Worker;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Queue;

/// <summary>How many runs can execute at the same time.</summary>
internal sealed class QueueCapacity(Fleet fleet)
{
    /// <summary>0 when nothing here executes runs.</summary>
    public int Devices => fleet.Slots.Count;

    /// <summary>The most memory that a device here has; null when there is none.</summary>
    public MemoryClass? Largest => fleet.Slots.Select(slot => (MemoryClass?)slot.Memory).Max();

    /// <summary>Memory that a run is expected to need.</summary>
    public Task<MemoryClass> ClassOfAsync(Guid runId, CancellationToken cancellationToken) => fleet.ClassOfAsync(runId, cancellationToken);
}
