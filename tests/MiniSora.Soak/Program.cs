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
    PagesCommand(),
};
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(5) });

static Command ChaosCommand()
{
    var minutes = new Option<double>("--minutes") { Description = "How long processes are killed.", DefaultValueFactory = _ => 10 };
    var runs = new Option<int>("--runs") { Description = "Runs at least; more are submitted while there is time.", DefaultValueFactory = _ => 20 };
    var steps = new Option<int>("--steps") { Description = "Steps of each run, at most 1,900.", DefaultValueFactory = _ => 600 };
    var least = new Option<double>("--least-pause") { Description = "Seconds between two kills, at least.", DefaultValueFactory = _ => 20 };
    var most = new Option<double>("--most-pause") { Description = "Seconds between two kills, at most.", DefaultValueFactory = _ => 60 };
    var workers = new Option<int>("--workers") { Description = "Worker processes with queue and portal data in a PostgreSQL of its own, which is restarted twice; 0: the default set-up.", DefaultValueFactory = _ => 0 };
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
    var command = new Command("ingest", "Points of many runs at once over the workers' line, while pages are read: 2,000 in 2 s from one run, 32 × 1,000 in 20 s with pages under 350 ms, a batch of 1,000 in 130 ms, a repeated batch that does not slow down; then the limit.");
    command.SetAction((_, stop) => RunAsync(bounds => new Ingest(bounds).RunAsync(stop)));
    return command;
}

static Command FanOutCommand()
{
    var listeners = new Option<int>("--listeners") { Description = "SignalR connections on one run.", DefaultValueFactory = _ => 1000 };
    var seconds = new Option<int>("--seconds") { Description = "How long messages are sent, two a second.", DefaultValueFactory = _ => 30 };
    var command = new Command("fan-out", "Listeners on one run, 2 messages/s of 2 KB: p99 under a second, nothing missing after a forced reconnect of a tenth.") { listeners, seconds };
    command.SetAction((parsed, stop) => RunAsync(bounds => new FanOut(parsed.GetValue(listeners), parsed.GetValue(seconds), bounds).RunAsync(stop)));
    return command;
}

static Command AudienceCommand()
{
    var attendees = new Option<int>("--attendees") { Description = "Members who look at the stage and vote.", DefaultValueFactory = _ => 200 };
    var seconds = new Option<int>("--seconds") { Description = "How long the presenter changes the stage, twice a second.", DefaultValueFactory = _ => 30 };
    var command = new Command("audience", "A live roundtable: 200 attendees see what the presenter shows within 200 ms (p95) while they vote, who joins late sees the same, no vote is lost, and a prompt that the presenter takes has its clip within 3 s.") { attendees, seconds };
    command.SetAction((parsed, stop) => RunAsync(bounds => new Audience(Math.Clamp(parsed.GetValue(attendees), 20, 2000), Math.Clamp(parsed.GetValue(seconds), 2, 3600), bounds).RunAsync(stop)));
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
