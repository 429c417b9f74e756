using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora status</c>: one run, or the newest ones.</summary>
internal static class StatusCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Build(TimeProvider time)
    {
        var access = new PortalAccess();
        var run = new Argument<string?>("run") { Description = SpecTexts.Get("cli.portal.run"), HelpName = "RUN", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = SpecTexts.Get("cli.status.all") };
        var json = new Option<bool>("--json") { Description = SpecTexts.Get("cli.evaluate.json") };
        var command = access.AddTo(new Command("status", SpecTexts.Get("cli.status")) { run, all, json });
        access.SetAction(command, time, async (client, parsed, stop) =>
        {
            if (parsed.GetValue(run) is { } one)
            {
                var details = await client.GetAsync(one, stop).ConfigureAwait(false);
                if (parsed.GetValue(json))
                    Console.WriteLine(JsonSerializer.Serialize(details, Json));
                else
                    Show(details, client);
                return 0;
            }

            var page = await client.ListAsync(!parsed.GetValue(all), 20, stop).ConfigureAwait(false);
            if (parsed.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(page.Runs, Json));
            else if (page.Runs.Count == 0)
                Say.Line("cli.status.none");
            foreach (var row in parsed.GetValue(json) ? [] : page.Runs)
                Console.WriteLine(Line(row));
            return 0;
        });
        return command;
    }

    /// <summary>A run on one line.</summary>
    public static string Line(PortalRun run) =>
        string.Create(CultureInfo.InvariantCulture, $"{run.Number,6}  {SpecTexts.Get("cli.state." + run.State),-12} {Percent(run),5}  {run.Owner,-16} {run.Name}");

    private static void Show(PortalRunDetails details, PortalClient client)
    {
        var run = details.Run;
        Console.WriteLine(Line(run));
        if (run.State == "Queued" && run.QueuePosition is { } place)
            Console.WriteLine(SpecTexts.Format("cli.status.place", null, ("place", place.ToString(CultureInfo.InvariantCulture))));
        if (run.State == "Running")
        {
            Console.WriteLine(SpecTexts.Format("cli.say.progress", null,
                ("step", run.Step.ToString(CultureInfo.InvariantCulture)), ("total", run.TotalSteps.ToString(CultureInfo.InvariantCulture)),
                ("loss", run.Loss?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "–"), ("rate", run.StepsPerSecond.ToString("0.0", CultureInfo.InvariantCulture)), ("left", Say.Duration(run.SecondsLeft))));
        }

        if (details.Failure is { } failure)
        {
            Console.WriteLine(SpecTexts.Format("cli.say.failed", null, ("message", failure.Message)));
            Console.WriteLine(SpecTexts.Format("cli.say.advice", null, ("advice", failure.Advice)));
        }

        foreach (var file in details.Artifacts)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"        {file.Kind,-10} {Say.Bytes(file.Bytes),9}  {file.FileName}"));
        Console.WriteLine(client.Address(run.Url));
    }

    private static string Percent(PortalRun run) => run.Progress is { } part ? Math.Floor(part * 100).ToString("0", CultureInfo.InvariantCulture) + " %" : "";
}
