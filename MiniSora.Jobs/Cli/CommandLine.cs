using System.CommandLine;
using System.Globalization;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary>The command <c>minisora</c>. Exit codes: 0 done, 1 failed, 2 bad input (all reasons on standard error), 130 left by Ctrl-C.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, TimeProvider time)
    {
        Language.Choose(args);
        var parsed = Build(time).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                Console.Error.WriteLine(error.Message);
            var command = parsed.CommandResult.Command is RootCommand ? "" : Path(parsed.CommandResult);
            Console.Error.WriteLine(SpecTexts.Format("cli.say.help", null, ("command", command)).Replace("  ", " ", StringComparison.Ordinal));
            return 2;
        }

        try
        {
            // The commands handle signals themselves: training writes a checkpoint, which takes longer than a default grace.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
        }
        catch (BadInputException bad)
        {
            Say.Problems(bad.Problems);
            return 2;
        }
        catch (PortalException refused)
        {
            foreach (var reason in refused.Reasons)
                Console.Error.WriteLine(reason.Path is null ? reason.Message : $"{reason.Path}: {reason.Message}");
            // Not to be reached, or broken: the same words may do later. Everything else was said wrongly.
            return refused.Status is 0 or >= 500 ? 1 : 2;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(SpecTexts.Get("cli.say.cancelled"));
            return 130;
        }
        // The boundary of the program: a failure has a code, a sentence and an advice in the reader's language.
        catch (Exception error)
        {
            Say.Failure(Runs.RunFailure.From(error));
            return 1;
        }
    }

    /// <summary>The commands, with descriptions in the current language.</summary>
    public static RootCommand Build(TimeProvider time)
    {
        var root = new RootCommand(SpecTexts.Get("cli.root"))
        {
            TrainCommand.Build(time),
            SampleCommand.Build(time),
            ReproduceCommand.Build(time),
            EvaluateCommand.Build(time),
            DataCommand.Build(),
            ImportCommand.Build(),
            ExportCommand.Build(),
            CalibrateCommand.Build(time),
            VerifyCommand.Build(),
            BenchCommand.Build(time),
            SubmitCommand.Build(time),
            StatusCommand.Build(time),
            LogsCommand.Build(time),
            DownloadCommand.Build(time),
            WorkerCommand.Build(time),
            SeedCommand.Build(),
            DocsCommand.Build(time),
            ExecuteCommand.Build(time),
        };
        foreach (var steer in SteerCommands.Build(time))
            root.Subcommands.Add(steer);
        root.Options.Add(Language.Option());
        root.Options.Add(DataFolder.Option());
        return root;
    }

    private static string Path(System.CommandLine.Parsing.CommandResult result)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = result; at is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } command; at = command.Parent)
            names.Insert(0, command.Command.Name);
        return string.Join(' ', names);
    }
}

/// <summary>What was typed cannot be done; the problems are all there are.</summary>
internal sealed class BadInputException(IReadOnlyList<SpecProblem> problems) : Exception("The input cannot be used.")
{
    public IReadOnlyList<SpecProblem> Problems { get; } = problems;
}

/// <summary>The language of messages: <c>--lang</c>, else that of the system (LC_ALL, LANG).</summary>
internal static class Language
{
    private const string Name = "--lang";

    public static Option<string> Option() => new(Name) { Description = SpecTexts.Get("cli.lang"), Recursive = true, HelpName = "en|zh-CN" };

    /// <summary>Before the commands are built, since their descriptions are texts too.</summary>
    public static void Choose(string[] args)
    {
        var at = Array.FindIndex(args, arg => arg == Name || arg.StartsWith(Name + "=", StringComparison.Ordinal));
        if (at < 0)
            return;
        var value = args[at].Contains('=', StringComparison.Ordinal) ? args[at][(Name.Length + 1)..] : args.ElementAtOrDefault(at + 1);
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(value?.StartsWith("zh", StringComparison.OrdinalIgnoreCase) == true ? "zh-CN" : "en");
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.CurrentUICulture;
    }
}

/// <summary>Where datasets and measurements lie.</summary>
internal static class DataFolder
{
    private const string Name = "--data";

    public static Option<string> Option() => new(Name) { Description = SpecTexts.Get("cli.data"), Recursive = true, HelpName = "DIR" };

    public static string Of(ParseResult parsed) =>
        Path.GetFullPath(parsed.GetValue<string>(Name) ?? Environment.GetEnvironmentVariable("MINISORA_DATA") ?? "data");
}
