using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace MiniSora.Soak;

/// <summary>Looks at some addresses of a portal all the time, as a visitor: how long each answer took, and which did not come.</summary>
internal sealed class SiteWatch : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient http;
    private readonly CancellationTokenSource over;
    private readonly ConcurrentBag<(string Path, double Seconds)> answers = [];
    private readonly ConcurrentQueue<string> failures = [];
    private Task looking = Task.CompletedTask;

    private SiteWatch(Uri portal, CancellationToken stop)
    {
        http = new HttpClient { BaseAddress = portal, Timeout = TimeSpan.FromSeconds(30) };
        over = CancellationTokenSource.CreateLinkedTokenSource(stop);
    }

    /// <summary>Begins to look, after every address has answered a few times: what is compiled then is not the matter.</summary>
    public static async Task<SiteWatch> StartAsync(Uri portal, IReadOnlyList<string> paths, CancellationToken stop)
    {
        var watch = new SiteWatch(portal, stop);
        for (var i = 0; i < 5; i++)
        {
            foreach (var path in paths)
                await watch.http.GetStringAsync(path, stop);
        }

        watch.looking = Task.WhenAll(paths.Select(watch.LookAsync));
        return watch;
    }

    /// <summary>Ends the looking, and requires that all answers came, in time.</summary>
    public async Task JudgeAsync(Bounds bounds, double mostSeconds)
    {
        await over.CancelAsync();
        await looking;
        foreach (var path in answers.GroupBy(answer => answer.Path).OrderBy(path => path.Key, StringComparer.Ordinal))
        {
            var seconds = path.Select(answer => answer.Seconds).ToList();
            bounds.AtMost(seconds.Max(), mostSeconds, string.Create(CultureInfo.InvariantCulture, $"{path.Key} answers throughout, the slowest of {seconds.Count:N0} (p50 {Bounds.Percentile(seconds, 0.5) * 1000:0} ms)"), "s");
        }

        bounds.Require(failures.IsEmpty, "no answer failed", string.Join("; ", failures.Take(5)));
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await looking;
        http.Dispose();
        over.Dispose();
    }

    private async Task LookAsync(string path)
    {
        while (!over.IsCancellationRequested)
        {
            var watch = Stopwatch.StartNew();
            try
            {
                using var answer = await http.GetAsync(path, over.Token);
                await answer.Content.ReadAsByteArrayAsync(over.Token);
                answers.Add((path, watch.Elapsed.TotalSeconds));
                if (!answer.IsSuccessStatusCode)
                    failures.Enqueue($"{path}: {(int)answer.StatusCode}");
                await Task.Delay(Pause, over.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                failures.Enqueue($"{path}: {error.Message}");
            }
        }
    }
}
