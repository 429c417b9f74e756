using System.CommandLine;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora cancel</c>, <c>pause</c> and <c>resume</c>: what a member can ask of a run.</summary>
internal static class SteerCommands
{
    public static IEnumerable<Command> Build(TimeProvider time)
    {
        var keep = new Option<bool>("--keep") { Description = SpecTexts.Get("cli.cancel.keep") };
        yield return One("cancel", time, keep, parsed => parsed.GetValue(keep) ? "stop" : "cancel");
        yield return One("pause", time, null, _ => "pause");
        yield return One("resume", time, null, _ => "resume");
    }

    private static Command One(string name, TimeProvider time, Option? option, Func<ParseResult, string> what)
    {
        var access = new PortalAccess();
        var run = new Argument<string>("run") { Description = SpecTexts.Get("cli.portal.run"), HelpName = "RUN" };
        var command = access.AddTo(new Command(name, SpecTexts.Get("cli." + name)) { run });
        if (option is not null)
            command.Options.Add(option);
        access.SetAction(command, time, async (client, parsed, stop) =>
        {
            Console.WriteLine(StatusCommand.Line(await client.ActAsync(parsed.GetRequiredValue(run), what(parsed), stop).ConfigureAwait(false)));
            return 0;
        });
        return command;
    }
}
