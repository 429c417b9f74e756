using System.CommandLine;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary>
/// <c>minisora seed</c>: fills a data folder with made-up content. Described here among the other commands, but only the portal's program opens its
/// database: <c>./minisora</c> hands this one to it.
/// </summary>
public static class SeedCommand
{
    /// <summary>The verb.</summary>
    public const string Name = "seed";

    private static readonly SeedOptions Usual = new();

    /// <summary>Runs the verb with the portal's hands. 2 for options that make no sense, else what <paramref name="seed"/> answers.</summary>
    public static async Task<int> RunAsync(string[] args, Func<SeedOptions, string, CancellationToken, Task<int>> seed)
    {
        Language.Choose(args);
        var root = new RootCommand(SpecTexts.Get("cli.root")) { Build(seed) };
        root.Options.Add(Language.Option());
        root.Options.Add(DataFolder.Option());
        var asked = root.Parse(args);
        if (asked.Errors.Count > 0)
        {
            foreach (var error in asked.Errors)
                await Console.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            Say.Line("cli.say.help", ("command", Name));
            return 2;
        }

        // A batch is finished before it leaves.
        return await asked.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) }).ConfigureAwait(false);
    }

    /// <summary>As this executable knows it, which cannot do it.</summary>
    internal static Command Build() => Build((_, _, _) =>
    {
        Say.Line("cli.say.seed.elsewhere");
        return Task.FromResult(2);
    });

    private static Command Build(Func<SeedOptions, string, CancellationToken, Task<int>> seed)
    {
        var posts = new Option<int>("--posts") { Description = SpecTexts.Get("cli.seed.posts"), HelpName = "N", DefaultValueFactory = _ => Usual.Posts };
        var runs = new Option<int>("--runs") { Description = SpecTexts.Get("cli.seed.runs"), HelpName = "N", DefaultValueFactory = _ => Usual.Runs };
        var points = new Option<long>("--points") { Description = SpecTexts.Get("cli.seed.points"), HelpName = "N", DefaultValueFactory = _ => Usual.Points };
        var members = new Option<int>("--members") { Description = SpecTexts.Get("cli.seed.members"), HelpName = "N", DefaultValueFactory = _ => Usual.Members };
        var of = new Option<long>("--seed") { Description = SpecTexts.Get("cli.seed.seed"), HelpName = "N", DefaultValueFactory = _ => Usual.Seed };
        var existing = new Option<bool>("--into-existing") { Description = SpecTexts.Get("cli.seed.existing") };
        var command = new Command(Name, SpecTexts.Get("cli.seed")) { posts, runs, points, members, of, existing };
        command.SetAction(async (parsed, stop) =>
        {
            var options = new SeedOptions(parsed.GetValue(posts), parsed.GetValue(runs), parsed.GetValue(points), parsed.GetValue(members), parsed.GetValue(of), parsed.GetValue(existing));
            if (options.Problems() is { Count: > 0 } problems)
            {
                foreach (var problem in problems)
                    await Console.Error.WriteLineAsync(problem).ConfigureAwait(false);
                return 2;
            }

            return await seed(options, DataFolder.Of(parsed), stop).ConfigureAwait(false);
        });
        return command;
    }
}
