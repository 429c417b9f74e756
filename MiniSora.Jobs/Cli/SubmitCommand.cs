using System.CommandLine;
using System.Globalization;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora submit</c>: a spec file or a recipe to a portal. Prints the run's id.</summary>
internal static class SubmitCommand
{
    public static Command Build(TimeProvider time)
    {
        var access = new PortalAccess();
        var spec = new Argument<string?>("spec") { Description = SpecTexts.Get("cli.train.spec"), HelpName = "FILE|RECIPE", Arity = ArgumentArity.ZeroOrOne };
        var fork = new Option<string>("--fork") { Description = SpecTexts.Get("cli.submit.fork"), HelpName = "RUN[@STEP]" };
        var sets = new Option<string[]>("--set") { Description = SpecTexts.Get("cli.set"), HelpName = "PATH=VALUE", DefaultValueFactory = _ => [] };
        var image = new Option<FileInfo>("--image") { Description = SpecTexts.Get("cli.submit.image"), HelpName = "FILE" };
        var follow = new Option<bool>("--follow") { Description = SpecTexts.Get("cli.submit.follow") };
        var sweep = new Option<string[]>("--sweep") { Description = SpecTexts.Get("cli.submit.sweep"), HelpName = "PATH=VALUE,VALUE", DefaultValueFactory = _ => [] };
        var budget = new Option<double?>("--budget") { Description = SpecTexts.Get("cli.submit.sweep_budget"), HelpName = "MINUTES" };
        var command = access.AddTo(new Command("submit", SpecTexts.Get("cli.submit")) { spec, fork, sets, image, follow, sweep, budget });
        image.AcceptExistingOnly();
        command.Validators.Add(result =>
        {
            var forked = result.GetValue(fork);
            if ((result.GetValue(spec) is null) == (forked is null))
                result.AddError(SpecTexts.Get("cli.submit.one"));
            else if (forked is not null && (TryParse(forked) is null || result.GetResult(image) is not null))
                result.AddError(SpecTexts.Format("cli.submit.fork_format", null, ("text", forked)));
            if (result.GetResult(sweep) is { Implicit: false } ? forked is not null || result.GetResult(image) is not null || result.GetValue(follow) : result.GetValue(budget) is not null)
                result.AddError(SpecTexts.Get("cli.submit.sweep_alone"));
        });
        access.SetAction(command, time, async (client, parsed, stop) =>
        {
            IReadOnlyList<string> changes = parsed.GetRequiredValue(sets);
            if (parsed.GetValue(image) is { } file)
                changes = [.. changes, "image=" + (await client.UploadImageAsync(file.FullName, stop).ConfigureAwait(false)).Sha256];
            if (parsed.GetRequiredValue(sweep) is { Length: > 0 } settings)
            {
                var made = await client.SweepAsync(Changed(SpecInput.Text(parsed.GetRequiredValue(spec)!), changes), settings, parsed.GetValue(budget) * 60, stop).ConfigureAwait(false);
                Console.WriteLine(made.Id.ToString(CultureInfo.InvariantCulture));
                Say.Line("cli.submit.sweep_done", ("number", made.Id.ToString(CultureInfo.InvariantCulture)), ("count", made.Runs.Count.ToString(CultureInfo.InvariantCulture)), ("url", client.Address(made.Url).ToString()));
                return 0;
            }

            var run = parsed.GetValue(fork) is { } from && TryParse(from) is var (number, step)
                ? await client.ForkAsync(number, step, changes, stop).ConfigureAwait(false)
                : await SubmitAsync(client, SpecInput.Text(parsed.GetRequiredValue(spec)!), changes, stop).ConfigureAwait(false);
            Console.WriteLine(run.Id);
            Say.Line("cli.submit.done", ("number", run.Number.ToString(CultureInfo.InvariantCulture)), ("url", client.Address(run.Url).ToString()));
            return parsed.GetValue(follow) ? await LogsCommand.FollowAsync(client, run.Id.ToString(), 0, stop).ConfigureAwait(false) : 0;
        });
        return command;
    }

    private static Task<PortalRun> SubmitAsync(PortalClient client, string yaml, IReadOnlyList<string> changes, CancellationToken stop) =>
        client.SubmitAsync(Changed(yaml, changes), stop);

    private static string Changed(string yaml, IReadOnlyList<string> changes) => changes.Count == 0 ? yaml : Change(yaml, changes);

    /// <summary>A run's number or id, and the step of a checkpoint of it: <c>12@400</c>; <c>12</c> means its newest one.</summary>
    private static (string Run, long? Step)? TryParse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
            return text.Length > 0 ? (text, null) : null;
        return at > 0 && long.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? (text[..at], step) : null;
    }

    /// <summary>The document with some values replaced; only what can be read here can be changed here.</summary>
    private static string Change(string yaml, IReadOnlyList<string> changes)
    {
        var reading = SpecYaml.Read(yaml);
        var problems = reading.Problems.ToList();
        var spec = reading.Spec;
        if (spec is not null)
            spec = changes.Aggregate(spec, (changed, change) => SpecOverride.Apply(changed, change, problems));
        return spec is not null && problems.Count == 0 ? SpecYaml.Write(spec) : throw new BadInputException(problems);
    }
}
