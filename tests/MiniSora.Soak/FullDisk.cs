using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using MiniSora.Jobs.Portal;

namespace MiniSora.Soak;

/// <summary>
/// Something fills the disk that the portal's data is on, to the last byte. What runs ends with the reason, what waits goes on waiting and says why, and the
/// site stays up; once there is room, the queue goes on by itself, and what had ended goes on from its checkpoint on request. Nothing is lost.
/// </summary>
internal sealed class FullDisk(SmallDisk disk, Bounds bounds)
{
    /// <summary>Its tenth, below which nothing starts, is more than the portal keeps back for its database.</summary>
    public const int Mebibytes = 384;

    // Enough for the database's words about a new run, and for the reserve if it comes back; less than a tenth.
    private const int LittleMebibytes = 24;

    private const int Steps = 1000;

    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(5);

    // The scheduler looks for work every 15 s.
    private static readonly TimeSpan Looks = TimeSpan.FromSeconds(20);

    public async Task RunAsync(CancellationToken stop)
    {
        await using (var stage = await Stage.OpenInAsync(disk.Folder, ("Runs__Slots", "2"), ("Runs__MinFreeBytes", "1048576")))
        {
            using var client = stage.Client();
            await using var watch = await SiteWatch.StartAsync(stage.Address, ["/health/ready", "/gallery"], stop);
            try
            {
                await FillAsync(stage, client, stop);
            }
            catch (Exception error) when (error is InvalidOperationException or TimeoutException or PortalException)
            {
                bounds.Require(false, "it went on to the end", error.Message);
                Console.WriteLine(stage.Output);
            }

            bounds.Require(stage.Portal is { HasExited: false }, "the portal is the process it was");
            await watch.JudgeAsync(bounds, 2);
        }

        var verdict = await CheckAsync(stop);
        bounds.Require(verdict == "ok", "the database is whole", verdict);
    }

    private async Task FillAsync(Stage stage, PortalClient client, CancellationToken stop)
    {
        var before = await SubmitAsync(client, ["Undisturbed", "Undisturbed"], stop);
        await Following.SettleAsync(client, before, Settling, stop);
        var curves = new List<IReadOnlyList<(long Step, double Value)>>();
        foreach (var run in before)
            curves.Add(await Curves.LossAsync(client, run, stop));
        bounds.Require(curves.All(curve => curve.Count == Steps), "the undisturbed runs have their curves");

        var running = await SubmitAsync(client, ["Running", "Running"], stop);
        foreach (var run in running)
            await Following.FirstAsync(client, run, 0, happened => happened.Type == "artifact", stop);
        var waiting = await SubmitAsync(client, ["Waiting", "Waiting"], stop);
        var seen = await client.ListAsync(true, 100, stop);
        bounds.Require(running.All(run => seen.Runs.Single(known => known.Id == run).State == "Running"), "two runs are running and two wait when the disk fills");

        var full = Stopwatch.StartNew();
        disk.Fill();
        await Following.SettleAsync(client, running, Settling, stop);
        bounds.Note("running ones have ended", string.Create(CultureInfo.InvariantCulture, $"{full.Elapsed.TotalSeconds:0.0} s after the disk was full"));
        while (stage.RunProcesses().Count > 0 && full.Elapsed < Settling)
            await Task.Delay(100, stop);
        bounds.AtMost(full.Elapsed.TotalSeconds, 60, "their processes are gone after", "s");
        foreach (var run in running)
        {
            var end = await client.SendAsync<JsonElement>(HttpMethod.Get, $"runs/{run}", null, stop);
            var (state, code) = (end.GetProperty("run").GetProperty("state").GetString(), end.GetProperty("run").GetProperty("failureCode").GetString());
            var resumable = end.GetProperty("can").EnumerateArray().Any(what => what.GetString() == "resume");
            bounds.Require((state, code, resumable) == ("Failed", "disk_full", true), "a running one ended with the reason and can be resumed", $"{state}, {code}");
        }

        var refusal = await RefusalAsync(client, stop);
        bounds.Require(refusal?.Reasons is [{ Code: "disk_nearly_full" }], "on a disk full to the last byte a new run is refused with the reason", refusal?.Message ?? "it was taken");
        await WaitAsync(stage, client, waiting, "two runs wait, and their pages say why", stop);
        disk.Free(LittleMebibytes);
        waiting = [.. waiting, .. await SubmitAsync(client, ["Submitted while nearly full"], stop)];
        await Task.Delay(Looks, stop);
        await WaitAsync(stage, client, waiting, "with a little room a new one is taken and waits with them", stop);

        disk.Free();
        var freed = Stopwatch.StartNew();
        foreach (var run in waiting.Take(2))
            await Following.FirstAsync(client, run, 0, happened => Following.IsState(happened, "Running"), stop);
        bounds.AtMost(freed.Elapsed.TotalSeconds, Looks.TotalSeconds, "with room again, those that waited first run by themselves after", "s");
        foreach (var run in running)
            await client.ActAsync(run.ToString(), "resume", stop);
        await Following.SettleAsync(client, [.. waiting, .. running], Settling, stop);

        foreach (var (run, i) in before.Concat(waiting).Select((run, i) => (run, i)))
            await Judge.RequireWholeAsync(bounds, client, run, Steps, curves[i % 2], 1, stop);
        foreach (var (run, i) in running.Select((run, i) => (run, i)))
            await Judge.RequireWholeAsync(bounds, client, run, Steps, curves[i % 2], 2, stop);
        await DownloadAsync(client, [.. before, .. running, .. waiting], stop);
    }

    /// <summary>Submits runs, of seed 1 and 2 in turn.</summary>
    private static async Task<List<Guid>> SubmitAsync(PortalClient client, string[] names, CancellationToken stop)
    {
        var runs = new List<Guid>();
        foreach (var name in names)
            runs.Add((await client.SubmitAsync(Specs.Tiny(name, 1 + runs.Count % 2, Steps), stop)).Id);
        return runs;
    }

    private static async Task<PortalException?> RefusalAsync(PortalClient client, CancellationToken stop)
    {
        try
        {
            await SubmitAsync(client, ["Submitted while full"], stop);
            return null;
        }
        catch (PortalException refused)
        {
            return refused;
        }
    }

    private async Task WaitAsync(Stage stage, PortalClient client, List<Guid> waiting, string what, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = stage.Address, DefaultRequestHeaders = { { "Accept-Language", "en" } } };
        var complaints = new List<string>();
        foreach (var run in waiting)
        {
            var known = (await client.GetAsync(run.ToString(), stop)).Run;
            if (known.State != "Queued")
                complaints.Add($"run {known.Number} is {known.State}");
            if (!(await http.GetStringAsync($"/runs/{run}", stop)).Contains("The disk of the portal is nearly full", StringComparison.Ordinal))
                complaints.Add($"the page of run {known.Number} does not say why");
        }

        bounds.Require(complaints.Count == 0, what, complaints.Count > 0
            ? string.Join("; ", complaints) : string.Create(CultureInfo.InvariantCulture, $"{disk.FreeBytes / 1048576.0:0.0} MiB free"));
    }

    /// <summary>Every file of every run is what its hash says.</summary>
    private async Task DownloadAsync(PortalClient client, IReadOnlyList<Guid> runs, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("minisora-soak-files-").FullName;
        try
        {
            var files = 0;
            foreach (var run in runs)
            {
                foreach (var file in (await client.GetAsync(run.ToString(), stop)).Artifacts)
                {
                    await client.DownloadAsync(file.Url, file.Sha256, Path.Combine(folder, $"{file.Id}"), stop);
                    files++;
                }
            }

            bounds.Require(files >= runs.Count, "every file of every run is there and is what its hash says", $"{files} files of {runs.Count} runs");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<string> CheckAsync(CancellationToken stop)
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(disk.Folder, "portal.db")};Mode=ReadOnly;Pooling=False");
        await database.OpenAsync(stop);
        await using var command = database.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string)(await command.ExecuteScalarAsync(stop))!;
    }
}
