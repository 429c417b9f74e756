using System.CommandLine;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora execute</c>: the child process of the portal, of a worker and of <c>minisora train</c>.</summary>
internal static class ExecuteCommand
{
    public static Command Build(TimeProvider time)
    {
        var folder = new Option<string>("--folder") { Description = SpecTexts.Get("cli.execute.folder"), HelpName = "DIR" };
        // The number stands in the process list for whoever looks; the reports are fenced by the parent, which knows it too.
        var attempt = new Option<int>("--attempt") { Description = SpecTexts.Get("cli.execute.attempt"), HelpName = "N" };
        var wait = new Option<bool>("--wait") { Description = SpecTexts.Get("cli.execute.wait") };
        var command = new Command("execute", SpecTexts.Get("cli.execute")) { folder, attempt, wait };
        command.Validators.Add(result =>
        {
            if (result.GetValue(folder) is null != result.GetValue(wait))
                result.AddError(SpecTexts.Get("cli.execute.folder_or_wait"));
        });
        command.SetAction(parsed =>
        {
            var executor = new RunExecutor(time);
            return parsed.GetValue(wait) ? executor.Wait(DataFolder.Of(parsed)) : executor.Execute(parsed.GetRequiredValue(folder), DataFolder.Of(parsed));
        });
        return command;
    }
}
