using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Jobs.Specs;
using MiniSora.Jobs.Worker;
using MiniSora.Web.Portals;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Workers;

/// <summary>A slot in which one run at a time can execute.</summary>
/// <param name="Worker">Name of the machine; null for the portal itself.</param>
internal sealed record FleetSlot(string? Worker, string Device, MemoryClass Memory);

/// <summary>A worker on the line.</summary>
internal sealed record FleetWorker(string ConnectionId, WorkerHello Hello, DateTimeOffset Since);

/// <summary>A run that can start now, and the queue it goes to.</summary>
internal sealed record FleetPlace(Guid RunId, MemoryClass Memory)
{
    public string Queue => MemoryClasses.NameOf(Memory);
}

/// <summary>Where runs can execute: the portal's own slots and those of the workers that are on the line.</summary>
internal sealed class Fleet(IOptions<RunOptions> options, IDbContextFactory<MiniSoraDbContext> contexts, RunAdmission admission, RunWake wake, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, FleetWorker> workers = new();
    private readonly ConcurrentDictionary<Guid, long> needs = new();
    private volatile LeadCard? lead;

    /// <summary>Workers on the line, by name.</summary>
    public IReadOnlyList<FleetWorker> Workers => lead?.Workers ?? [.. workers.Values.OrderBy(worker => worker.Hello.Name, StringComparer.Ordinal)];

    /// <summary>Slots of the portal itself. They take a run of any class: what does not fit there is refused when it is submitted.</summary>
    public IReadOnlyList<FleetSlot> OwnSlots => lead?.Own ?? [.. Enumerable.Repeat(new FleetSlot(null, "auto", MemoryClass.G80), options.Value.Execute ? options.Value.Slots : 0)];

    /// <summary>All slots.</summary>
    public IReadOnlyList<FleetSlot> Slots =>
    [
        .. OwnSlots,
        .. Workers.SelectMany(worker => worker.Hello.Slots.Select(slot => new FleetSlot(worker.Hello.Name, slot.Device, MemoryClasses.Parse(slot.Memory) ?? MemoryClass.Cpu))),
    ];

    public void Join(string connectionId, WorkerHello hello)
    {
        workers[connectionId] = new(connectionId, hello, clock.GetUtcNow());
        wake.Now();
    }

    /// <summary>On a front portal: what the lead has; null while the lead is away.</summary>
    public void Mirror(LeadCard? card) => lead = card;

    public FleetWorker? Leave(string connectionId) => workers.TryRemove(connectionId, out var gone) ? gone : null;

    /// <summary>The first of the waiting runs for which there is room beside those that are held; null when there is none.</summary>
    public async Task<FleetPlace?> NextAsync(IEnumerable<Guid> waiting, IReadOnlyCollection<Guid> held, CancellationToken cancellationToken)
    {
        var slots = Slots;
        if (held.Count >= slots.Count)
            return null;
        var taken = new List<MemoryClass>();
        foreach (var runId in held)
            taken.Add(await ClassOfAsync(runId, slots, cancellationToken));
        foreach (var runId in waiting)
        {
            var memory = await ClassOfAsync(runId, slots, cancellationToken);
            if (HasRoom(slots, [.. taken, memory]))
                return new(runId, memory);
        }

        return null;
    }

    /// <summary>
    /// Whether so many runs fit side by side. A slot takes its own class and smaller ones, so they fit exactly when for every class there are as many
    /// slots of it or above as there are runs of it or above.
    /// </summary>
    internal static bool HasRoom(IReadOnlyList<FleetSlot> slots, IReadOnlyList<MemoryClass> runs) =>
        MemoryClasses.All.All(memory => slots.Count(slot => slot.Memory >= memory) >= runs.Count(run => run >= memory));

    /// <summary>
    /// The class that a run needs here: one for the processor is <c>cpu</c>, one for a GPU goes by its predicted memory. Who leaves the device open gets a GPU
    /// where one is large enough, else the processor.
    /// </summary>
    internal static MemoryClass ClassOf(RunDevice device, long bytes, IReadOnlyList<FleetSlot> slots)
    {
        var need = MemoryClasses.OfNeed(bytes);
        return device switch
        {
            RunDevice.Cpu => MemoryClass.Cpu,
            RunDevice.Gpu => need,
            _ => slots.Any(slot => slot.Worker is not null && slot.Memory >= need) ? need : MemoryClass.Cpu,
        };
    }

    /// <summary>The first run that must leave for another one to fit; null when it fits anyway, and when nobody's leaving would help.</summary>
    /// <param name="held">Those that hold a slot and will go on holding it.</param>
    /// <param name="mayLeave">Those of them that may be asked to, in this order.</param>
    public async Task<Guid?> LeaverForAsync(Guid waiting, IReadOnlyCollection<Guid> held, IEnumerable<Guid> mayLeave, CancellationToken cancellationToken)
    {
        var slots = Slots;
        var need = await ClassOfAsync(waiting, slots, cancellationToken);
        var taken = new Dictionary<Guid, MemoryClass>();
        foreach (var runId in held)
            taken[runId] = await ClassOfAsync(runId, slots, cancellationToken);
        return HasRoom(slots, [.. taken.Values, need])
            ? null
            : mayLeave.Cast<Guid?>().FirstOrDefault(leaver => HasRoom(slots, [.. taken.Where(pair => pair.Key != leaver).Select(pair => pair.Value), need]));
    }

    /// <summary>The class that a waiting run needs here.</summary>
    public Task<MemoryClass> ClassOfAsync(Guid runId, CancellationToken cancellationToken) => ClassOfAsync(runId, Slots, cancellationToken);

    private async Task<MemoryClass> ClassOfAsync(Guid runId, IReadOnlyList<FleetSlot> slots, CancellationToken cancellationToken)
    {
        // Specs never change, and what is predicted of one changes little: read once.
        if (!needs.TryGetValue(runId, out var packed))
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var yaml = await context.Runs.Where(run => run.Id == runId).Select(run => run.SpecYaml).SingleOrDefaultAsync(cancellationToken);
            if (yaml is null || SpecYaml.Read(yaml).Spec is not { } spec)
                return MemoryClass.Cpu;
            var known = await admission.ContextAsync(spec, cancellationToken);
            var bytes = RunEstimator.Estimate(spec, known.Calibration, known.Source).MemoryBytes;
            var device = spec.Device == "cpu" ? RunDevice.Cpu : spec.Device == "auto" ? RunDevice.Open : RunDevice.Gpu;
            packed = bytes << 2 | (long)device;
            if (needs.Count > 10_000)
                needs.Clear();
            needs[runId] = packed;
        }

        return ClassOf((RunDevice)(packed & 3), packed >> 2, slots);
    }
}

/// <summary>On what kind of device a spec wants to run.</summary>
internal enum RunDevice
{
    /// <summary>Wherever it fits.</summary>
    Open,

    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>A GPU.</summary>
    Gpu,
}
