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
        var spec = new Argument<string>("spec") { Description = SpecTexts.Get("cli.train.spec"), HelpName = "FILE|RECIPE" };
        var sets = new Option<string[]>("--set") { Description = SpecTexts.Get("cli.set"), HelpName = "PATH=VALUE", DefaultValueFactory = _ => [] };
        var image = new Option<FileInfo>("--image") { Description = SpecTexts.Get("cli.submit.image"), HelpName = "FILE" };
        var follow = new Option<bool>("--follow") { Description = SpecTexts.Get("cli.submit.follow") };
        var command = access.AddTo(new Command("submit", SpecTexts.Get("cli.submit")) { spec, sets, image, follow });
        image.AcceptExistingOnly();
        access.SetAction(command, time, async (client, parsed, stop) =>
        {
            var yaml = SpecInput.Text(parsed.GetRequiredValue(spec));
            IReadOnlyList<string> changes = parsed.GetRequiredValue(sets);
            if (parsed.GetValue(image) is { } file)
                changes = [.. changes, "image=" + (await client.UploadImageAsync(file.FullName, stop).ConfigureAwait(false)).Sha256];
            var run = await client.SubmitAsync(changes.Count == 0 ? yaml : Change(yaml, changes), stop).ConfigureAwait(false);
            Console.WriteLine(run.Id);
            Say.Line("cli.submit.done", ("number", run.Number.ToString(CultureInfo.InvariantCulture)), ("url", client.Address(run.Url).ToString()));
            return parsed.GetValue(follow) ? await LogsCommand.FollowAsync(client, run.Id.ToString(), 0, stop).ConfigureAwait(false) : 0;
        });
        return command;
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
