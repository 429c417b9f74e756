using System.CommandLine;
using MiniSora.Soak;

var root = new RootCommand("Proof that the run engine keeps its promises. Each command starts what it needs, prints its figures, and ends with 0 only if every bound holds. Build the solution in Release first.")
{
    ChaosCommand(),
    PressureCommand(),
    LatencyCommand(),
    FaultsCommand(),
    IngestCommand(),
    FanOutCommand(),
    AudienceCommand(),
    ReplicaCommand(),
    PagesCommand(),
    FilesCommand(),
};
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(5) });

static Command ChaosCommand()
{
    var minutes = new Option<double>("--minutes") { Description = "How long processes are killed.", DefaultValueFactory = _ => 10 };
    var runs = new Option<int>("--runs") { Description = "Runs at least; more are submitted while there is time.", DefaultValueFactory = _ => 20 };
    var steps = new Option<int>("--steps") { Description = "Steps of each run, at most 1,900.", DefaultValueFactory = _ => 600 };
    var least = new Option<double>("--least-pause") { Description = "Seconds between two kills, at least.", DefaultValueFactory = _ => 20 };
    var most = new Option<double>("--most-pause") { Description = "Seconds between two kills, at most.", DefaultValueFactory = _ => 60 };
    var workers = new Option<int>("--workers") { Description = "Worker processes with queue and portal data in a PostgreSQL of its own, which is restarted twice; 0: the portal alone, with SQLite.", DefaultValueFactory = _ => 2 };
    var seed = new Option<int>("--seed") { Description = "Of the choice whom to kill and when.", DefaultValueFactory = _ => 1 };
    var bug = new Option<bool>("--seeded-bug") { Description = "Falsify some answers on their way to the oracle: the program must then end with 1." };
    var command = new Command("chaos", "Runs train while portal, workers and run processes are killed with -9 at random. Every run ends once, with the curve of an undisturbed one and all its files; no answer contradicts an earlier one.") { minutes, runs, steps, least, most, workers, seed, bug };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Chaos(
        new(parsed.GetValue(minutes), parsed.GetValue(runs), Math.Clamp(parsed.GetValue(steps), 10, 1900), parsed.GetValue(least), parsed.GetValue(most), parsed.GetValue(workers), parsed.GetValue(seed), parsed.GetValue(bug)),
        bounds).RunAsync(stop)));
    return command;
}

static Command PressureCommand()
{
    var seconds = new Option<double>("--seconds") { Description = "How long it is measured.", DefaultValueFactory = _ => 300 };
    var backlog = new Option<int>("--backlog") { Description = "Runs that wait, all the time.", DefaultValueFactory = _ => 3000 };
    var workers = new Option<int>("--workers") { Description = "Simulated workers.", DefaultValueFactory = _ => 20 };
    var requesters = new Option<int>("--requesters") { Description = "People who submit, look and cancel.", DefaultValueFactory = _ => 60 };
    var members = new Option<int>("--members") { Description = "Equal members that the runs belong to.", DefaultValueFactory = _ => 10 };
    var think = new Option<double>("--think") { Description = "Seconds that a requester rests between two requests, on average.", DefaultValueFactory = _ => 2 };
    var command = new Command("queue-pressure", "3,000 runs wait in a PostgreSQL of its own, 20 simulated workers take them, 60 people submit, look and cancel: claim p95 at most 100 ms, no deadlock, Jain's index over equal members at least 0.95, nobody forgotten, nothing failed.") { seconds, backlog, workers, requesters, members, think };
    command.SetAction((parsed, stop) => RunAsync(bounds => new QueuePressure(
        new(parsed.GetValue(seconds), parsed.GetValue(backlog), parsed.GetValue(workers), parsed.GetValue(requesters), Math.Max(1, parsed.GetValue(members)), parsed.GetValue(think)), bounds).RunAsync(stop)));
    return command;
}

static Command LatencyCommand()
{
    var repetitions = new Option<int>("--repetitions") { Description = "Runs that are timed in the default set-up.", DefaultValueFactory = _ => 5 };
    var command = new Command("latency", "On a system without other work: submission to first step at most 2 s besides the start of the process, cancel acknowledged within 2 s and the process gone within 20 s; with two workers, a dead one noticed within 60 s and its run continued within 90 s.") { repetitions };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Latency(Math.Clamp(parsed.GetValue(repetitions), 1, 100), bounds).RunAsync(stop)));
    return command;
}

static Command FaultsCommand()
{
    var only = new Option<Fault?>("--only") { Description = "One of the two." };
    var command = new Command("faults", $"The kernel kills a run for want of memory: it fails as out of memory within 2 s, half the batch is offered, nobody tries it again, the next run on the device succeeds. The disk is full: what runs ends with the reason, what waits says why and goes on once there is room, nothing is lost. The site answers within 2 s throughout. Needs root, for a memory control group and a mount; where that cannot be had it says so and ends with {UnavailableException.ExitCode}.") { only };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Faults(parsed.GetValue(only), bounds).RunAsync(stop)));
    return command;
}

static Command IngestCommand()
{
    var portals = PortalsOption();
    var command = new Command("ingest", "Points of many runs at once over the workers' line, while pages are read: 2,000 in 2 s from one run, 32 × 1,000 in 20 s with pages under 350 ms, a batch of 1,000 in 130 ms, a repeated batch that does not slow down; then the limit. With several portals the pages are those of the last one.") { portals };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Ingest(Math.Clamp(parsed.GetValue(portals), 1, 8), bounds).RunAsync(stop)));
    return command;
}

static Command FanOutCommand()
{
    var listeners = new Option<int>("--listeners") { Description = "SignalR connections on one run.", DefaultValueFactory = _ => 1000 };
    var seconds = new Option<int>("--seconds") { Description = "How long messages are sent, two a second.", DefaultValueFactory = _ => 30 };
    var portals = PortalsOption();
    var command = new Command("fan-out", "Listeners on one run, 2 messages/s of 2 KB: p99 under a second, nothing missing after a forced reconnect of a tenth.") { listeners, seconds, portals };
    command.SetAction((parsed, stop) => RunAsync(bounds => new FanOut(parsed.GetValue(listeners), parsed.GetValue(seconds), Math.Clamp(parsed.GetValue(portals), 1, 8), bounds).RunAsync(stop)));
    return command;
}

static Command AudienceCommand()
{
    var attendees = new Option<int>("--attendees") { Description = "Members who look at the stage and vote.", DefaultValueFactory = _ => 200 };
    var seconds = new Option<int>("--seconds") { Description = "How long the presenter changes the stage, twice a second.", DefaultValueFactory = _ => 30 };
    var portals = PortalsOption();
    var command = new Command("audience", "A live roundtable: 200 attendees see what the presenter shows within 200 ms (p95) while they vote, who joins late sees the same, no vote is lost, and a prompt that the presenter takes has its clip within 3 s.") { attendees, seconds, portals };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Audience(Math.Clamp(parsed.GetValue(attendees), 20, 2000), Math.Clamp(parsed.GetValue(seconds), 2, 3600), Math.Clamp(parsed.GetValue(portals), 1, 8), bounds).RunAsync(stop)));
    return command;
}

static Option<int> PortalsOption() => new("--portals") { Description = "Portals that share the work, on a PostgreSQL and a Redis of their own; 1: the default set-up.", DefaultValueFactory = _ => 1 };

static Command ReplicaCommand()
{
    var points = new Option<int>("--points") { Description = "Points that are stored before, about which the reports ask.", DefaultValueFactory = _ => 1_000_000 };
    var seconds = new Option<int>("--seconds") { Description = "How long each of the three cases is measured.", DefaultValueFactory = _ => 20 };
    var command = new Command("replica", "Reports over all points while workers send: without reports, with reports on the portal's PostgreSQL, with reports on a second server that follows it. How long a batch takes in each, and how far the second is behind: a second at most.") { points, seconds };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Replica(Math.Clamp(parsed.GetValue(points), 10_000, 100_000_000), Math.Clamp(parsed.GetValue(seconds), 2, 3600), bounds).RunAsync(stop)));
    return command;
}

static Command PagesCommand()
{
    var data = new Option<string>("--data") { Description = "A data folder that `minisora seed` made. Nothing in it is changed but what the portal itself does at its start.", Required = true };
    var requests = new Option<int>("--requests") { Description = "Requests of each kind of page, one after another.", DefaultValueFactory = _ => 200 };
    var command = new Command("pages", "Public pages of a large database: p95 of each kind within 100 ms, memory flat over 1,000 scrolled tiles, no circuit for visitors.") { data, requests };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Pages(parsed.GetValue(data)!, Math.Clamp(parsed.GetValue(requests), 20, 10_000), bounds).RunAsync(stop)));
    return command;
}

static Command FilesCommand()
{
    var files = new Option<int>("--files") { Description = "Small files.", DefaultValueFactory = _ => 100 };
    var small = new Option<double>("--small") { Description = "Megabytes of each.", DefaultValueFactory = _ => 1 };
    var large = new Option<double>("--large") { Description = "Megabytes of the one large file.", DefaultValueFactory = _ => 512 };
    var endpoint = new Option<string?>("--endpoint") { Description = "Another S3 server than one of its own (which needs npm), e.g. http://s3.example:9000." };
    var bucket = new Option<string>("--bucket") { Description = "Of that server; it must be there.", DefaultValueFactory = _ => "minisora" };
    var key = new Option<string>("--access-key") { Description = "Of that server.", DefaultValueFactory = _ => "" };
    var secret = new Option<string>("--secret-key") { Description = "Of that server.", DefaultValueFactory = _ => "" };
    var command = new Command("s3", "Files through the store with an S3 bucket against the folder alone: megabytes per second of taking in and reading, small and large, and how many times as long. Figures only, no bounds.") { files, small, large, endpoint, bucket, key, secret };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Files(
        new(Math.Clamp(parsed.GetValue(files), 1, 100_000), (int)(Math.Clamp(parsed.GetValue(small), 0.001, 1000) * 1e6), (long)(Math.Clamp(parsed.GetValue(large), 1, 100_000) * 1e6),
            parsed.GetValue(endpoint), parsed.GetValue(bucket)!, parsed.GetValue(key)!, parsed.GetValue(secret)!), bounds).RunAsync(stop)));
    return command;
}

static async Task<int> RunAsync(Func<Bounds, Task> work)
{
    Console.WriteLine(Machine.Describe());
    var bounds = new Bounds();
    try
    {
        await work(bounds);
        return bounds.ExitCode;
    }
    catch (UnavailableException missing)
    {
        Console.Error.WriteLine(missing.Message);
        return UnavailableException.ExitCode;
    }
}
