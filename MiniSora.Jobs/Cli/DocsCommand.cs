using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using System.Text;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora docs</c>: reference pages made from the program itself. Tests check that those in <c>docs/</c> are up to date.</summary>
internal static class DocsCommand
{
    private const int PageWidth = 110;

    public static Command Build(TimeProvider time)
    {
        var spec = new Command("spec", SpecTexts.Get("cli.docs.spec"));
        spec.SetAction(_ => Console.Out.Write(SpecDocs.Write()));
        var cli = new Command("cli", SpecTexts.Get("cli.docs.cli"));
        cli.SetAction(_ => Console.Out.Write(Help(time)));
        return new Command("docs", SpecTexts.Get("cli.docs")) { spec, cli };
    }

    /// <summary>The help of every command, in English.</summary>
    public static string Help(TimeProvider time)
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("en");
        try
        {
            var text = new StringBuilder();
            var root = CommandLine.Build(time);
            // A fixed width: the page must not depend on the terminal in which it is made.
            foreach (var help in root.Options.OfType<HelpOption>())
                help.Action = new HelpAction { MaxWidth = PageWidth };
            Write(root, root, [], text);
            return text.ToString();
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    private static void Write(RootCommand root, Command command, string[] path, StringBuilder text)
    {
        using var output = new StringWriter { NewLine = "\n" };
        root.Parse([.. path, "--help"]).Invoke(new InvocationConfiguration { Output = output });
        // The name of the executable is that of the host, which a test's is not.
        var help = string.Join('\n', output.ToString().Split('\n').Select(line => line.TrimEnd())).Trim('\n').Replace(RootCommand.ExecutableName, "minisora", StringComparison.Ordinal);
        text.Append("$ minisora ").Append(string.Join(' ', [.. path, "--help"])).Append("\n\n").Append(help).Append("\n\n\n");
        foreach (var inner in command.Subcommands)
            Write(root, inner, [.. path, inner.Name], text);
    }
}
