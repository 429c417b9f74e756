using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Api;

/// <summary>
/// The events of a run as server-sent events. Each has the number that it has everywhere else, so that a client that comes back with
/// <c>Last-Event-ID</c> hears what it missed, without gap or doubling. The stream ends when the run has ended and everything was said.
/// </summary>
internal sealed class RunFollower(RunReader reader, RunFeed feed, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    // Proxies cut a line on which nothing moves.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    /// <summary>Writes until the run is over or the client leaves. False when there is no such run.</summary>
    public async Task<bool> WriteAsync(Guid runId, long after, HttpResponse response, CancellationToken aborted)
    {
        // Listen first, then read: what happens in between is in both, and is told once by its number.
        var live = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        using var subscription = feed.Subscribe(runId, happened => live.Writer.TryWrite(happened));
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        if (await reader.ReplayAsync(runId, after, leaving.Token) is not { } replay || await reader.StateAsync(runId, leaving.Token) is not { } state)
            return false;

        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        var last = after;
        var over = Run.IsFinal(state);
        try
        {
            last = await CatchUpAsync(replay, last, response, leaving.Token);
            while (!over)
            {
                if (!await SomethingAsync(live.Reader, leaving.Token))
                {
                    await response.WriteAsync(": still here\n\n", leaving.Token);
                    await response.Body.FlushAsync(leaving.Token);
                    continue;
                }

                while (live.Reader.TryRead(out var next))
                {
                    if (next.Seq <= last)
                        continue;
                    // A slow client lost some out of the middle: they are in the store.
                    if (next.Seq != last + 1 && await reader.ReplayAsync(runId, last, leaving.Token) is { } missed)
                    {
                        last = await CatchUpAsync(missed, last, response, leaving.Token);
                        continue;
                    }

                    await SayAsync(next, response, leaving.Token);
                    last = next.Seq;
                }

                await response.Body.FlushAsync(leaving.Token);
                over = await reader.StateAsync(runId, leaving.Token) is not { } now || Run.IsFinal(now);
                if (over && await reader.ReplayAsync(runId, last, leaving.Token) is { } rest)
                    last = await CatchUpAsync(rest, last, response, leaving.Token);
            }

            await response.WriteAsync("event: end\ndata: {}\n\n", leaving.Token);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // The client left or the portal stops; it comes back with the number it has.
        }

        return true;
    }

    private static async Task<long> CatchUpAsync(Replay replay, long last, HttpResponse response, CancellationToken cancellationToken)
    {
        if (replay.Reset)
            await response.WriteAsync($"id: {replay.LastSeq.ToString(CultureInfo.InvariantCulture)}\nevent: reset\ndata: {{\"lastSeq\":{replay.LastSeq.ToString(CultureInfo.InvariantCulture)}}}\n\n", cancellationToken);
        foreach (var missed in replay.Events.Where(missed => missed.Seq > last))
            await SayAsync(missed, response, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
        return Math.Max(last, replay.LastSeq);
    }

    private async Task<bool> SomethingAsync(ChannelReader<LiveEvent> live, CancellationToken cancellationToken)
    {
        using var quiet = new CancellationTokenSource(Quiet, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, quiet.Token);
        try
        {
            return await live.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task SayAsync(LiveEvent happened, HttpResponse response, CancellationToken cancellationToken)
    {
        var data = happened.Data;
        // Lines of the log are read by people: in their language.
        if (happened.Type == "log" && SpecTexts.Log((string?)data["key"] ?? "", RunLogText.Arguments(data["arguments"])) is { } text)
            data = new JsonObject(data.Select(pair => KeyValuePair.Create(pair.Key, pair.Key == "text" ? JsonValue.Create(text) : pair.Value?.DeepClone())));
        var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"id: {happened.Seq}\nevent: {happened.Type}\ndata: ");
        line.Append(new JsonObject { ["at"] = happened.At, ["data"] = data.DeepClone() }.ToJsonString(LiveJson.Options)).Append("\n\n");
        await response.WriteAsync(line.ToString(), cancellationToken);
    }
}

/// <summary>A stored line of a log in the reader's language.</summary>
internal static class RunLogText
{
    public static string Of(LogLine line) => SpecTexts.Log(line.Key, Arguments(line.Arguments)) ?? line.Text;

    public static IReadOnlyDictionary<string, string> Arguments(JsonNode? arguments) =>
        arguments is JsonObject named ? named.ToDictionary(pair => pair.Key, pair => pair.Value?.ToString() ?? "") : new Dictionary<string, string>();
}
