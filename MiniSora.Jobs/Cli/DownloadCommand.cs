using System.CommandLine;
using System.Globalization;
using MiniSora.Jobs.Portal;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora download</c>: the files of a run. What is here already is not fetched again; what broke off is continued.</summary>
internal static class DownloadCommand
{
    public static Command Build(TimeProvider time)
    {
        var access = new PortalAccess();
        var run = new Argument<string>("run") { Description = SpecTexts.Get("cli.portal.run"), HelpName = "RUN" };
        var kinds = new Option<string[]>("--kind") { Description = SpecTexts.Get("cli.download.kind"), HelpName = "KIND", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        kinds.AcceptOnlyFromAmong("checkpoint", "video", "preview", "poster", "raw");
        var newest = new Option<bool>("--newest") { Description = SpecTexts.Get("cli.download.newest") };
        var output = new Option<string>("--out") { Description = SpecTexts.Get("cli.download.out"), HelpName = "DIR", DefaultValueFactory = _ => "." };
        var command = access.AddTo(new Command("download", SpecTexts.Get("cli.download")) { run, kinds, newest, output });
        access.SetAction(command, time, async (client, parsed, stop) =>
        {
            var details = await client.GetAsync(parsed.GetRequiredValue(run), stop).ConfigureAwait(false);
            var wanted = parsed.GetRequiredValue(kinds);
            var files = details.Artifacts.Where(file => wanted.Length == 0 || wanted.Contains(file.Kind)).ToList();
            if (parsed.GetValue(newest))
                files = [.. files.GroupBy(file => file.Kind).SelectMany(group => group.Where(file => file.Step == group.Max(other => other.Step)))];
            if (files.Count == 0)
            {
                Say.Line("cli.download.none");
                return 1;
            }

            foreach (var file in files)
            {
                var path = Path.Combine(Path.GetFullPath(parsed.GetRequiredValue(output)), NameOf(file, files));
                await client.DownloadAsync(file.Url, file.Sha256, path, stop).ConfigureAwait(false);
                Console.WriteLine(path);
            }

            return 0;
        });
        return command;
    }

    /// <summary>Its own name, without any folder that somebody may have put into it; with its hash in front when two files share it.</summary>
    private static string NameOf(PortalFile file, IReadOnlyList<PortalFile> all)
    {
        var name = Path.GetFileName(file.FileName);
        return all.Count(other => other.FileName == file.FileName) > 1 ? string.Create(CultureInfo.InvariantCulture, $"{file.Sha256[..8]}-{name}") : name;
    }
}
