using System.Globalization;
using Hangfire;
using Hangfire.Common;
using Microsoft.Extensions.Logging;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Worker;

/// <summary>What a worker is told by its operator.</summary>
/// <param name="Portal">Address of the portal.</param>
/// <param name="Token">A token with the scope <c>worker</c>.</param>
/// <param name="Storage">Connection string of the shared queue.</param>
/// <param name="Name">Name of the worker.</param>
/// <param name="DataFolder">Where runs, inputs and datasets lie on this machine.</param>
internal sealed record WorkerSettings(Uri Portal, string Token, string Storage, string Name, IReadOnlyList<WorkerDevice> Devices, string DataFolder);

/// <summary>
/// A worker: one Hangfire server and one slot per device on the shared queue, a line to the portal, run processes as children. It keeps nothing
/// that matters: whenever it dies, its runs are taken up elsewhere from the checkpoints it uploaded.
/// </summary>
internal sealed class WorkerHost(WorkerSettings settings, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>A child gets time to write its checkpoint, and the portal to hear of it.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    /// <summary>Works until asked to leave.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var client = new PortalClient(settings.Portal, settings.Token, time);
        var hello = new WorkerHello(settings.Name, SoftwareVersion.Current, [.. settings.Devices.Select(device => new WorkerSlot(device.Name, MemoryClasses.NameOf(device.Memory)))]);
        var link = new PortalLink(settings.Portal, settings.Token, hello, time, loggers.CreateLogger<PortalLink>());
        await using var closing = link.ConfigureAwait(false);
        await link.OpenAsync(stop).ConfigureAwait(false);
        var ledger = new RemoteLedger(link, new PortalFiles(client), settings.DataFolder, time, loggers.CreateLogger<RemoteLedger>());
        await using var ending = ledger.ConfigureAwait(false);
        var storage = JobQueue.Open(settings.Storage);
        var spares = new List<SpareProcess>();
        var servers = settings.Devices.Select(device => Serve(device, storage, ledger, spares)).ToList();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to leave: every child writes its checkpoint.
        }
        finally
        {
            foreach (var server in servers)
                server.SendStop();
            foreach (var server in servers)
                server.Dispose();
            foreach (var spare in spares)
                await spare.DisposeAsync().ConfigureAwait(false);
            (storage as IDisposable)?.Dispose();
        }
    }

    private BackgroundJobServer Serve(WorkerDevice device, JobStorage storage, IRunLedger ledger, List<SpareProcess> spares)
    {
        var process = new RunProcessOptions
        {
            DataFolder = settings.DataFolder,
            HeartbeatInterval = Heartbeat,
            Threads = Math.Max(1, Environment.ProcessorCount / settings.Devices.Count),
        };
        foreach (var (name, value) in device.Environment)
            process.Environment[name] = value;
        var spare = new SpareProcess(process, keep: true, time);
        spare.Prepare();
        spares.Add(spare);
        var label = string.Create(CultureInfo.InvariantCulture, $"{settings.Name} {device.Name}");
        return new BackgroundJobServer(
            new BackgroundJobServerOptions
            {
                ServerName = label,
                WorkerCount = 1,
                Queues = [.. MemoryClasses.QueuesOf(device.Memory)],
                Activator = new RunJobActivator(() => new RunJob(ledger, spare, process, time, loggers.CreateLogger<RunJob>()) { Worker = label }),
                // Ours alone: the global ones would try a failed job ten times.
                FilterProvider = new JobFilterProviderCollection(),
                CancellationCheckInterval = TimeSpan.FromSeconds(1),
                ShutdownTimeout = ShutdownTimeout,
            },
            storage);
    }
}
