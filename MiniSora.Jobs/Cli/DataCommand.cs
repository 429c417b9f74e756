using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Media;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora data</c>: list, prepare, import, render.</summary>
internal static class DataCommand
{
    public static Command Build() => new("data", SpecTexts.Get("cli.dataset")) { List(), Prepare(), Import(), Render() };

    private static Command List()
    {
        var command = new Command("list", SpecTexts.Get("cli.data.list"));
        command.SetAction(parsed =>
        {
            var folder = DataFolder.Of(parsed);
            foreach (var id in DatasetCatalog.Ids(folder))
            {
                var state = id == DatasetCatalog.Emoji && !EmojiPack.State(folder).Prepared ? "cli.say.not_ready" : "cli.say.ready";
                Console.WriteLine($"{id,-24} {SpecTexts.Get(state)}");
            }
        });
        return command;
    }

    private static Command Prepare()
    {
        var offline = new Option<bool>("--offline") { Description = SpecTexts.Get("cli.data.prepare.offline") };
        var archives = new Option<string[]>("--tgz")
        {
            Description = SpecTexts.Get("cli.data.prepare.tgz"),
            HelpName = "FILE",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var full = new Option<bool>("--full") { Description = SpecTexts.Get("cli.data.prepare.full") };
        var emoji = new Command("emoji", SpecTexts.Get("cli.data.prepare.emoji")) { offline, archives, full };
        emoji.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = DataFolder.Of(parsed);
            var options = new EmojiPackOptions
            {
                Offline = parsed.GetValue(offline),
                Archives = [.. parsed.GetRequiredValue(archives).Select(Path.GetFullPath)],
                Selection = parsed.GetValue(full) ? EmojiSelection.Full : EmojiSelection.Light,
            };
            using var stop = new ConsoleStop(cancellationToken);
            var state = await EmojiPack.PrepareAsync(folder, options, new Shown(), stop.Token).ConfigureAwait(false);
            Say.Line("cli.say.prepared", ("clips", state.Clips.ToString(CultureInfo.InvariantCulture)), ("folder", Path.Combine(folder, "datasets", "emoji")));
        });
        return new Command("prepare", SpecTexts.Get("cli.data.prepare")) { emoji };
    }

    private static Command Import()
    {
        var source = new Argument<string>("folder") { Description = SpecTexts.Get("cli.data.import.folder") };
        var name = new Option<string>("--name") { Description = SpecTexts.Get("cli.data.import.name"), Required = true, HelpName = "NAME" };
        var frames = new Option<int>("--frames") { Description = SpecTexts.Get("cli.data.frames"), HelpName = "T", DefaultValueFactory = _ => 16 };
        var size = new Option<int>("--size") { Description = SpecTexts.Get("cli.data.size"), HelpName = "PX", DefaultValueFactory = _ => 32 };
        var command = new Command("import", SpecTexts.Get("cli.data.import")) { source, name, frames, size };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var stop = new ConsoleStop(cancellationToken);
            var report = await FolderDataset.ImportAsync(Path.GetFullPath(parsed.GetRequiredValue(source)), DataFolder.Of(parsed), parsed.GetRequiredValue(name),
                parsed.GetValue(frames), parsed.GetValue(size), new Shown(), stop.Token).ConfigureAwait(false);
            foreach (var refused in report.Refused)
                Console.WriteLine($"{refused.File}: {SpecTexts.Get("refused." + refused.Reason)}{(refused.Detail.Length > 0 ? " (" + refused.Detail.ReplaceLineEndings(" ") + ")" : "")}");
            Say.Line("cli.say.imported", ("accepted", report.Accepted.ToString(CultureInfo.InvariantCulture)), ("name", parsed.GetRequiredValue(name)),
                ("refused", report.Refused.Count.ToString(CultureInfo.InvariantCulture)));
        });
        return command;
    }

    private static Command Render()
    {
        var split = new Option<int>("--split") { Description = SpecTexts.Get("cli.data.render.split"), HelpName = "N", DefaultValueFactory = _ => 0 };
        var size = new Option<int>("--size") { Description = SpecTexts.Get("cli.data.size"), HelpName = "PX", DefaultValueFactory = _ => 32 };
        size.Validators.Add(result =>
        {
            // The renderer's own rule: S divides 512.
            if (result.GetValueOrDefault<int>() is not (8 or 16 or 32 or 64 or 128 or 256 or 512))
                result.AddError(SpecTexts.Format("error.spec.dataset_size", null, ("size", result.GetValueOrDefault<int>().ToString(CultureInfo.InvariantCulture))));
        });
        var output = new Option<string>("--out") { Description = SpecTexts.Get("cli.data.render.out"), Required = true, HelpName = "FILE.npy" };
        var shapes = new Command("shapes", SpecTexts.Get("cli.data.render.shapes")) { split, size, output };
        shapes.SetAction(parsed =>
        {
            var (s, part, path) = (parsed.GetValue(size), parsed.GetValue(split), Path.GetFullPath(parsed.GetRequiredValue(output)));
            using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var clips = Enumerable.Range(0, ShapeCombo.All.Count).Select(index =>
            {
                var clip = MovingShapesReference.Clip(index, part, s);
                sum.AppendData(clip);
                return clip;
            });
            NpyFile.WriteUInt8(path, [ShapeCombo.All.Count, MovingShapesReference.Frames, s, s, 3], clips);
            Console.WriteLine($"{path}  sha256 {Convert.ToHexStringLower(sum.GetHashAndReset())}");
        });
        return new Command("render", SpecTexts.Get("cli.data.render")) { shapes };
    }

    /// <summary>Progress on standard error: a live line, or a line for each phase in a file.</summary>
    private sealed class Shown : IProgress<DatasetProgress>
    {
        private readonly Lock gate = new();
        private DatasetPhase? phase;

        public void Report(DatasetProgress value)
        {
            lock (gate)
            {
                var name = SpecTexts.Get("cli.phase." + SnakeCase.From(value.Phase));
                if (!Console.IsErrorRedirected)
                    Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{name} {value.Fraction:P0} {value.Detail}\u001b[K{(value.Phase == DatasetPhase.Ready ? "\n" : "")}"));
                else if (phase != value.Phase)
                    Console.Error.WriteLine($"{name} …");
                phase = value.Phase;
            }
        }
    }
}
