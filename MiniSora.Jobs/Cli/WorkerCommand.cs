using System.CommandLine;
using Hangfire;
using Microsoft.Extensions.Logging;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Specs;
using MiniSora.Jobs.Worker;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora worker</c>: this machine works on the runs of a portal, until Ctrl-C or SIGTERM.</summary>
internal static class WorkerCommand
{
    private const string StorageVariable = "MINISORA_STORAGE";

    public static Command Build(TimeProvider time)
    {
        var access = new PortalAccess();
        var storage = new Option<string?>("--storage") { Description = SpecTexts.Get("cli.worker.storage"), HelpName = "Host=…" };
        var devices = new Option<string[]>("--device") { Description = SpecTexts.Get("cli.worker.device"), HelpName = "auto|cpu|cuda:N", DefaultValueFactory = _ => ["auto"] };
        var memory = new Option<string?>("--class") { Description = SpecTexts.Get("cli.worker.class"), HelpName = string.Join('|', MemoryClasses.All.Select(MemoryClasses.NameOf)) };
        memory.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name && MemoryClasses.Parse(name) is null)
                result.AddError(SpecTexts.Format("cli.worker.class_unknown", null, ("value", name), ("choices", string.Join(", ", MemoryClasses.All.Select(MemoryClasses.NameOf)))));
        });
        var name = new Option<string>("--name") { Description = SpecTexts.Get("cli.worker.name"), HelpName = "NAME", DefaultValueFactory = _ => Environment.MachineName };
        var command = access.AddTo(new Command("worker", SpecTexts.Get("cli.worker")) { storage, devices, memory, name });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var connection = parsed.GetValue(storage) ?? Environment.GetEnvironmentVariable(StorageVariable);
            var found = WorkerDevice.Find(parsed.GetRequiredValue(devices), parsed.GetValue(memory) is { } chosen ? MemoryClasses.Parse(chosen) : null);
            var problems = new List<PortalReason>();
            if (string.IsNullOrWhiteSpace(connection))
                problems.Add(new("storage_missing", SpecTexts.Get("cli.worker.storage_missing"), null));
            if (found is null)
                problems.Add(new("device_unknown", SpecTexts.Format("cli.worker.device_unknown", null, ("value", string.Join(' ', parsed.GetRequiredValue(devices)))), null));
            (Uri Portal, string Token)? given = null;
            try
            {
                given = access.Read(parsed);
            }
            catch (PortalException missing)
            {
                problems.InsertRange(0, missing.Reasons);
            }

            if (problems.Count > 0 || given is not { } where)
                throw new PortalException(400, problems);
            using var stop = new ConsoleStop(cancellationToken);
            using var client = new PortalClient(where.Portal, where.Token, time);
            // Asked plainly once, so that a wrong address, an old token or a missing scope is said in words.
            var me = await client.SendAsync<Me>(HttpMethod.Get, "me", null, stop.Token).ConfigureAwait(false);
            if (!me.Scopes.Contains("worker"))
                throw new PortalException(403, [new("scope_missing", SpecTexts.Get("cli.worker.scope"), null)]);
            using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Information).AddFilter("Hangfire", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning)
                .AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-dd HH:mm:ss'Z' ")));
            GlobalConfiguration.Configuration.UseLogProvider(new QueueLogs(loggers));
            var settings = new WorkerSettings(where.Portal, where.Token, connection!, parsed.GetRequiredValue(name), found!, DataFolder.Of(parsed));
            Say.Line("cli.worker.works", ("name", settings.Name), ("devices", string.Join(", ", settings.Devices.Select(device => $"{device.Name} ({MemoryClasses.NameOf(device.Memory)})"))), ("portal", where.Portal.ToString()));
            await new WorkerHost(settings, time, loggers).RunAsync(stop.Token).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private sealed record Me(IReadOnlyList<string> Scopes);
}
