using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Portal;
using MiniSora.Tests;

namespace MiniSora.Soak;

/// <summary>
/// How long people wait on a system that has nothing else to do: from the submission to the first step, from a wish to its answer, and, with workers, from the
/// death of one until its run goes on elsewhere. The time in which a process starts is the machine's, and is reported apart.
/// </summary>
internal sealed class Latency(int repetitions, Bounds bounds)
{
    private static readonly string Spec = Specs.Tiny("Timed", 1, 1_000_000);

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(14);

    public async Task RunAsync(CancellationToken stop)
    {
        await AloneAsync(stop);
        await DeadWorkerAsync(stop);
    }

    /// <summary>The default set-up: one process, which executes runs itself.</summary>
    private async Task AloneAsync(CancellationToken stop)
    {
        await using var stage = await Stage.OpenAsync();
        using var client = stage.Client();
        var (waits, starts, answers, ends, gone) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var repetition = 0; repetition <= repetitions; repetition++)
        {
            // What was promised is promised of an idle system: the process that is kept ready is there again.
            await Task.Delay(Idle, stop);
            var watch = Stopwatch.StartNew();
            var run = await client.SubmitAsync(Spec, stop);
            var claimed = await WhenAsync(client, run.Id, happened => Following.IsState(happened, "Running"), watch, stop);
            var spoke = await WhenAsync(client, run.Id, happened => happened.Type == "phase", watch, stop);
            var stepped = await WhenAsync(client, run.Id, happened => happened.Type == "step", watch, stop);
            var children = stage.RunProcesses();

            watch.Restart();
            var cancelled = await client.ActAsync(run.Id.ToString(), "cancel", stop);
            var answered = watch.Elapsed.TotalSeconds;
            bounds.Require(cancelled.State == "Cancelled", "a cancelled run is cancelled in the answer", cancelled.State);
            var seen = await WhenAsync(client, run.Id, happened => Following.IsState(happened, "Cancelled"), watch, stop);
            while (children.Any(IsAlive) && watch.Elapsed < Following.Patience)
                await Task.Delay(20, stop);
            // The first of everything pays for compiling; nobody measures it.
            if (repetition == 0)
                continue;
            waits.Add(stepped - (spoke - claimed));
            starts.Add(spoke - claimed);
            answers.Add(answered);
            ends.Add(seen);
            gone.Add(watch.Elapsed.TotalSeconds);
        }

        bounds.Note("start of the run process, reported apart", string.Create(CultureInfo.InvariantCulture, $"{starts.Average():0.00} s on average, {starts.Max():0.00} s at most"));
        bounds.AtMost(waits.Max(), 2, $"submission to first step, the longest of {repetitions}", "s");
        bounds.AtMost(answers.Max(), 2, $"cancel acknowledged, the longest of {repetitions}", "s");
        bounds.AtMost(ends.Max(), 2, $"cancel seen by whoever follows, the longest of {repetitions}", "s");
        bounds.AtMost(gone.Max(), 20, $"process and its memory gone after a cancel, the longest of {repetitions}", "s");
    }

    /// <summary>Two workers on a shared queue; the one that works dies with its child.</summary>
    private async Task DeadWorkerAsync(CancellationToken stop)
    {
        await using var postgres = await PostgresServer.StartAsync();
        var queue = await postgres.CreateAsync("jobs");
        await using var stage = await Stage.OpenAsync(("ConnectionStrings__Jobs", queue), ("ConnectionStrings__Portal", await postgres.CreateAsync("portal")), ("Runs__Execute", "false"));
        await using var victims = new Victims(stage, postgres, queue, 2);
        victims.StartWorkers();
        using var client = stage.Client();
        var run = await client.SubmitAsync(Spec, stop);
        var watch = Stopwatch.StartNew();
        // Something to go on from.
        var checkpoint = await Following.FirstAsync(client, run.Id, 0, happened => happened.Type == "artifact", stop);
        var before = await client.SendAsync<JsonElement>(HttpMethod.Get, $"runs/{run.Id}", null, stop);
        var worker = before.GetProperty("attempts")[0].GetProperty("worker").GetString()!;

        watch.Restart();
        await victims.KillWorkerAsync(worker.Split(' ')[0]);
        var noticed = await Following.FirstAsync(client, run.Id, checkpoint.Seq, happened => happened.Type == "state", stop);
        var noticedAfter = watch.Elapsed.TotalSeconds;
        await Following.FirstAsync(client, run.Id, noticed.Seq, happened => happened.Type == "step", stop);
        var continuedAfter = watch.Elapsed.TotalSeconds;
        var after = await client.SendAsync<JsonElement>(HttpMethod.Get, $"runs/{run.Id}", null, stop);
        var attempts = after.GetProperty("attempts");
        var last = attempts[attempts.GetArrayLength() - 1];
        bounds.AtMost(noticedAfter, 60, "dead worker noticed", "s");
        bounds.AtMost(continuedAfter, 90, "its run continued", "s");
        bounds.Require(last.GetProperty("worker").GetString() != worker, "by another worker", $"{last.GetProperty("worker").GetString()} after {worker}");
        bounds.Require(last.GetProperty("resumedFromStep").GetInt64() >= 100, "from its checkpoint", $"step {last.GetProperty("resumedFromStep").GetInt64()}");
        await client.ActAsync(run.Id.ToString(), "cancel", stop);
    }

    private static async Task<double> WhenAsync(PortalClient client, Guid run, Func<PortalEvent, bool> wanted, Stopwatch watch, CancellationToken stop)
    {
        await Following.FirstAsync(client, run, 0, wanted, stop);
        return watch.Elapsed.TotalSeconds;
    }

    private static bool IsAlive(int process)
    {
        try
        {
            // A zombie holds no memory any more.
            return !File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].TrimStart().StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
