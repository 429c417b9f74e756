using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Portal;

namespace MiniSora.Soak;

/// <summary>
/// The kernel kills the process of a run because memory ends. People see at once what happened and what would help, nobody else notices, and the device goes
/// on: with the run that waited behind it, and with the run that was offered, under the same limit.
/// </summary>
internal sealed class OutOfMemory(MemoryGroup group, Bounds bounds)
{
    /// <summary>What a run may take once it has begun. The one that is killed took 1,294 MiB where nothing limited it, the one that is offered instead 756.</summary>
    public const long LimitBytes = 992L << 20;

    // A run that counts as lost is tried again after 5 s, and after 20 s more.
    private static readonly TimeSpan Retries = TimeSpan.FromSeconds(30);

    public async Task RunAsync(CancellationToken stop)
    {
        await using var stage = await Stage.OpenAsync();
        // Before the portal: what is in the midst of a long step would keep its folder.
        using var confined = group;
        using var client = stage.Client();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var watch = await SiteWatch.StartAsync(stage.Address, ["/health/ready", "/gallery"], stop);
        var confining = ConfineAsync(stage, over.Token);

        var hungry = await client.SubmitAsync(Specs.Hungry("Too much", 1, 100), stop);
        var next = await client.SubmitAsync(Specs.Tiny("Next", 1, 200), stop);
        var killed = await KilledAsync(client, hungry.Id, stop);
        bounds.Require(killed is not null, "the kernel killed the run process", $"limit {LimitBytes >> 20} MiB, taken {group.PeakBytes >> 20}");
        if (killed is { } at)
        {
            var (told, shown) = (ToldAsync(client, hungry.Id, at, stop), ShownAsync(stage, hungry.Id, at, stop));
            bounds.AtMost(await told, 2, "from the kill until the API's stream says that the run has ended", "s");
            bounds.AtMost(await shown, 2, "from the kill until the run's page says out of memory", "s");
            await LookAsync(stage, client, hungry.Id, stop);
            await Following.SettleAsync(client, [next.Id], Following.Patience, stop);
            var after = (await client.GetAsync(next.Id.ToString(), stop)).Run;
            bounds.Require(after.State == "Succeeded", "the next run on the device succeeds", after.FailureCode ?? string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(at).TotalSeconds:0.0} s after the kill"));

            if (Retries - Stopwatch.GetElapsedTime(at) is { Ticks: > 0 } rest)
                await Task.Delay(rest, stop);
            var (attempts, kills) = (await AttemptsAsync(client, hungry.Id, stop), group.Kills);
            bounds.Require(attempts == 1 && kills == 1, string.Create(CultureInfo.InvariantCulture, $"nobody tried it again within {Retries.TotalSeconds:0} s"), $"{attempts} attempt, {kills} kill");

            var offered = await client.SubmitAsync(Specs.Hungry("Half as much at a time", 2, 2), stop);
            await Following.SettleAsync(client, [offered.Id], Following.Patience, stop);
            var end = (await client.GetAsync(offered.Id.ToString(), stop)).Run;
            bounds.Require(end.State == "Succeeded", "the run that was offered, half as many clips at a time, succeeds under the same limit", end.FailureCode ?? "");
        }

        bounds.Require(stage.Portal is { HasExited: false }, "the portal is the process it was");
        await watch.JudgeAsync(bounds, 2);
        await over.CancelAsync();
        await confining;
    }

    /// <summary>Puts every run process into the group as soon as it works for a run.</summary>
    private async Task ConfineAsync(Stage stage, CancellationToken over)
    {
        var known = new HashSet<int>();
        try
        {
            for (; ; await Task.Delay(20, over))
            {
                foreach (var process in stage.RunProcesses().Where(known.Add))
                    group.Take(process);
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    /// <summary>When the kernel killed it; null when it did not.</summary>
    private async Task<long?> KilledAsync(PortalClient client, Guid run, CancellationToken stop)
    {
        var end = Following.FirstAsync(client, run, 0, Following.IsEnd, stop);
        while (group.Kills == 0)
        {
            if (end.IsCompleted)
            {
                await end;
                return null;
            }

            await Task.Delay(5, stop);
        }

        return Stopwatch.GetTimestamp();
    }

    private static async Task<double> ToldAsync(PortalClient client, Guid run, long since, CancellationToken stop)
    {
        await Following.FirstAsync(client, run, 0, Following.IsEnd, stop);
        return Stopwatch.GetElapsedTime(since).TotalSeconds;
    }

    private static async Task<double> ShownAsync(Stage stage, Guid run, long since, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = stage.Address };
        var patience = TimeSpan.FromMinutes(1);
        while (Stopwatch.GetElapsedTime(since) < patience && !(await http.GetStringAsync($"/runs/{run}", stop)).Contains("data-failure-class=\"OutOfMemory\"", StringComparison.Ordinal))
            await Task.Delay(20, stop);
        return Stopwatch.GetElapsedTime(since).TotalSeconds;
    }

    /// <summary>What a program and a person read of it.</summary>
    private async Task LookAsync(Stage stage, PortalClient client, Guid run, CancellationToken stop)
    {
        var details = await client.SendAsync<JsonElement>(HttpMethod.Get, $"runs/{run}", null, stop);
        var state = details.GetProperty("run").GetProperty("state").GetString();
        var (code, kind, offer) = details.GetProperty("failure") is { ValueKind: JsonValueKind.Object } failure
            ? (failure.GetProperty("code").GetString(), failure.GetProperty("class").GetString(), failure.GetProperty("next").GetString()) : (null, null, null);
        bounds.Require((state, code, kind) == ("Failed", "out_of_memory", "OutOfMemory"), "the run is failed as out of memory", $"{state}, {code ?? "no reason"}, {kind ?? "no class"}");
        using var http = new HttpClient { BaseAddress = stage.Address };
        var link = (await http.GetStringAsync($"/runs/{run}", stop)).Contains($"/runs/new?from=retry:{run}", StringComparison.Ordinal);
        bounds.Require(offer == "HalveBatch" && link, "half the batch is offered", $"{offer ?? "nothing"}, {(link ? "the page has the link" : "the page has no link")}");
    }

    private static async Task<int> AttemptsAsync(PortalClient client, Guid run, CancellationToken stop) =>
        (await client.SendAsync<JsonElement>(HttpMethod.Get, $"runs/{run}", null, stop)).GetProperty("attempts").GetArrayLength();
}
