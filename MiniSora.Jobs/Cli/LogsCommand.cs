using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora logs</c>: the log of a run, and with <c>--follow</c> everything that happens to it until it ends.</summary>
internal static class LogsCommand
{
    public static Command Build(TimeProvider time)
    {
        var access = new PortalAccess();
        var run = new Argument<string>("run") { Description = SpecTexts.Get("cli.portal.run"), HelpName = "RUN" };
        var follow = new Option<bool>("--follow", "-f") { Description = SpecTexts.Get("cli.logs.follow") };
        var command = access.AddTo(new Command("logs", SpecTexts.Get("cli.logs")) { run, follow });
        access.SetAction(command, time, async (client, parsed, stop) =>
        {
            var which = parsed.GetRequiredValue(run);
            // The number first, then the log: a line that comes in between is in both, and is told once.
            var details = await client.GetAsync(which, stop).ConfigureAwait(false);
            var lines = await client.LogAsync(which, stop).ConfigureAwait(false);
            foreach (var line in lines)
                Console.WriteLine(Line(line.At, line.Level, line.Text));
            if (!parsed.GetValue(follow))
                return 0;
            return await FollowAsync(client, which, Math.Max(details.LastEvent, lines.Count > 0 ? lines[^1].Event : 0), stop).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Shows what happens until the run ends. 0 when it succeeded, 1 when it failed, 130 when it was cancelled.</summary>
    public static async Task<int> FollowAsync(PortalClient client, string run, long after, CancellationToken stop)
    {
        await foreach (var happened in client.FollowAsync(run, after, stop).ConfigureAwait(false))
            Show(happened);
        var details = await client.GetAsync(run, stop).ConfigureAwait(false);
        if (details.Failure is { } failure && details.Run.State == "Failed")
        {
            Say.Line("cli.say.failed", ("message", failure.Message));
            Say.Line("cli.say.advice", ("advice", failure.Advice));
        }

        return details.Run.State switch { "Succeeded" => 0, "Cancelled" => 130, _ => 1 };
    }

    private static void Show(PortalEvent happened)
    {
        switch (happened.Type)
        {
            case "log":
                Console.WriteLine(Line(happened.At, Text(happened.Data, "level"), Text(happened.Data, "text")));
                break;
            case "state":
                Console.WriteLine(Line(happened.At, "state", SpecTexts.Find("cli.state." + Text(happened.Data, "state")) ?? Text(happened.Data, "state")));
                break;
            case "step":
                var loss = happened.Data.GetProperty("points").TryGetProperty("loss", out var points) && points.GetArrayLength() > 0
                    && points[points.GetArrayLength() - 1][1] is { ValueKind: JsonValueKind.Number } value ? value.GetDouble().ToString("0.0000", CultureInfo.InvariantCulture) : "–";
                Console.WriteLine(Line(happened.At, "step", SpecTexts.Format("cli.say.progress", null,
                    ("step", Text(happened.Data, "step")), ("total", Text(happened.Data, "totalSteps")), ("loss", loss),
                    ("rate", happened.Data.GetProperty("stepsPerSecond").GetDouble().ToString("0.0", CultureInfo.InvariantCulture)), ("left", Say.Duration(happened.Data.GetProperty("secondsLeft").GetDouble())))));
                break;
        }
    }

    private static string Text(JsonElement data, string name) => data.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static string Line(DateTimeOffset at, string level, string text) => string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z {level,-7} {text}");
}
