using System.CommandLine;
using System.Globalization;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Backbones;
using MiniSora.Model.Cascade;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Weights;
using MiniSora.Model.Weights.Import;

namespace MiniSora.Jobs.Cli;

/// <summary>
/// <c>minisora import FILE --as KIND</c>: published weights as a checkpoint to sample from, or as a folder that training specs name. Says what became of every tensor.
/// </summary>
internal static class ImportCommand
{
    private const int MostListed = 12;

    private static readonly Dictionary<string, WeightsUse> Folders = new() { ["kl"] = WeightsUse.Kl, ["stage-a"] = WeightsUse.StageA, ["t5"] = WeightsUse.T5 };

    private static readonly Dictionary<string, DenoiserKind> Denoisers = new() { ["dit"] = DenoiserKind.Dit, ["sit"] = DenoiserKind.Sit, ["latte"] = DenoiserKind.Latte };

    /// <summary>Everything that <c>--as</c> takes: kinds, and kinds of a named size.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        .. Denoisers.Keys, .. Folders.Keys,
        .. Denoisers.Keys.SelectMany(kind => new[] { "s", "b", "l", "xl" }.SelectMany(size => new[] { "2", "4", "8" }.Select(patch => $"{kind}-{size}-{patch}"))),
    ];

    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = SpecTexts.Get("cli.import.file") };
        var kind = new Option<string>("--as") { Description = SpecTexts.Get("cli.import.as"), Required = true, HelpName = "dit|sit|latte[-s|b|l|xl-2|4|8]|kl|stage-a|t5" };
        kind.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } given && !Kinds.Contains(given))
                result.AddError(SpecTexts.Format("cli.import.as_unknown", null, ("value", given), ("choices", string.Join(", ", Kinds))));
        });
        var output = new Option<string?>("--out") { Description = SpecTexts.Get("cli.import.out"), HelpName = "DIR" };
        var name = new Option<string?>("--name") { Description = SpecTexts.Get("cli.import.name"), HelpName = "NAME" };
        var codec = new Option<string?>("--codec") { Description = SpecTexts.Get("cli.import.codec"), HelpName = "NAME|DIR" };
        var config = new Option<string?>("--config") { Description = SpecTexts.Get("cli.import.config"), HelpName = "FILE.json" };
        var classes = new Option<string?>("--classes") { Description = SpecTexts.Get("cli.import.classes"), HelpName = "FILE.txt" };
        var root = new Option<string?>("--root") { Description = SpecTexts.Get("cli.import.root"), HelpName = "KEY" };
        var heads = new Option<int?>("--heads") { Description = SpecTexts.Get("cli.import.heads"), HelpName = "N" };
        var latent = new Option<int>("--latent-size") { Description = SpecTexts.Get("cli.import.latent_size"), HelpName = "N", DefaultValueFactory = _ => 32 };
        var late = new Option<bool>("--late-fusion") { Description = SpecTexts.Get("cli.import.late_fusion") };
        var all = new Option<bool>("--list") { Description = SpecTexts.Get("cli.import.list") };
        var command = new Command("import", SpecTexts.Get("cli.import")) { file, kind, output, name, codec, config, classes, root, heads, latent, late, all };
        command.SetAction(parsed =>
        {
            var data = DataFolder.Of(parsed);
            var (path, chosen) = (parsed.GetRequiredValue(file), parsed.GetRequiredValue(kind));
            var problems = new List<SpecProblem>();
            void Missing(string? given)
            {
                if (given is not null && !File.Exists(given))
                    problems.Add(SpecProblem.At("spec.import_file", "", null, ("file", given)));
            }

            Missing(path);
            Missing(parsed.GetValue(config));
            Missing(parsed.GetValue(classes));
            var denoiser = Denoisers.TryGetValue(chosen.Split('-')[0], out var network);
            var target = Target(data, parsed.GetValue(output), parsed.GetValue(name), denoiser, problems);
            var codecFolder = denoiser ? Codec(data, parsed.GetValue(codec), problems) : "";
            if (problems.Count > 0)
                throw new BadInputException(problems);
            return TorchThread.Run(control =>
            {
                ImportReport report;
                if (denoiser)
                {
                    var request = new DenoiserRequest(network)
                    {
                        Size = SizeOf(chosen),
                        Root = parsed.GetValue(root),
                        Heads = parsed.GetValue(heads),
                        LatentSize = parsed.GetValue(latent),
                        LateFusion = parsed.GetValue(late),
                    };
                    report = Checkpoint(path, request, codecFolder, parsed.GetValue(classes), target);
                }
                else
                {
                    report = FolderImport.Run(Folders[chosen], path, parsed.GetValue(root), parsed.GetValue(config), target);
                }

                Show(report, parsed.GetValue(all));
                Console.WriteLine(target);
                return 0;
            });
        });
        return command;
    }

    /// <summary>The training spec that an imported denoiser's checkpoint names: what it was trained with, as far as the file tells.</summary>
    internal static TrainingSpec SpecOf(DenoiserImport import, string file, CodecOptions codec, int pixels) => new()
    {
        Name = Path.GetFileNameWithoutExtension(file) is { Length: <= 120 } title ? title : "imported",
        Data = new DataSpec { Dataset = "imported", Frames = import.Frames, Size = pixels },
        Codec = codec,
        Model = import.Model,
        Objective = import.Objective,
    };

    private static ImportReport Checkpoint(string path, DenoiserRequest request, string codecFolder, string? classes, string target)
    {
        using var import = DenoiserImport.Open(path, request);
        var kind = WeightsShelf.Describe(codecFolder)?.Use == WeightsUse.StageA ? CodecKind.StageA : CodecKind.Kl;
        var options = new CodecOptions { Kind = kind, Weights = Path.GetFileName(codecFolder) };
        using IVideoCodec codec = kind == CodecKind.StageA ? StageACodec.Open(codecFolder, Placement.Cpu) : KlCodec.Open(codecFolder, Placement.Cpu);
        var names = classes is null ? [] : File.ReadAllLines(classes).Select(line => line.Trim()).Where(line => line.Length > 0).ToList();
        Directory.CreateDirectory(target);
        import.Write(new CheckpointShelf(target).PathOf(0), SpecYaml.Write(SpecOf(import, path, options, import.LatentSize * codec.Downsample)), SoftwareVersion.Current, names, options, codec);
        return import.Report;
    }

    private static string Target(string data, string? output, string? name, bool denoiser, List<SpecProblem> problems)
    {
        if (output is null == name is null || (name is not null && denoiser))
        {
            problems.Add(SpecProblem.At("spec.import_target", "", null));
            return "";
        }

        if (name is not null && !WeightsShelf.IsName(name))
            problems.Add(SpecProblem.At("spec.import_name", "", null, ("name", name)));
        var target = output is not null ? Path.GetFullPath(output) : Path.Combine(WeightsShelf.FolderIn(data), name!);
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            problems.Add(SpecProblem.At("spec.import_not_empty", "", null, ("folder", target)));
        return target;
    }

    private static string Codec(string data, string? codec, List<SpecProblem> problems)
    {
        if (codec is not null && WeightsShelf.Find(data, codec, paths: true) is { } folder && WeightsShelf.Describe(folder)?.Use is WeightsUse.Kl or WeightsUse.StageA)
            return WeightsShelf.Find(data, codec, paths: true)!;
        problems.Add(SpecProblem.At("spec.import_codec", "", null, ("codec", codec ?? "")));
        return "";
    }

    /// <summary><c>dit-xl-2</c> is DiT-XL/2; null for a kind alone.</summary>
    private static string? SizeOf(string kind) => kind.Split('-') is [var network, var size, var patch] ? $"{network.ToUpperInvariant()}-{size.ToUpperInvariant()}/{patch}" : null;

    private static void Show(ImportReport report, bool everything)
    {
        Say.Line("cli.import.mapped", ("source", report.Source), ("layout", report.Layout), ("tensors", Number(report.Mapped.Count)), ("numbers", Number(report.Numbers)));
        if (everything)
        {
            foreach (var (name, from) in report.Mapped)
                Console.Error.WriteLine(name == from ? $"  {name}" : $"  {name} ← {from}");
        }

        if (report.Skipped.Count > 0)
            Say.Line("cli.import.skipped", ("count", Number(report.Skipped.Count)));
        foreach (var skipped in everything ? report.Skipped : report.Skipped.Take(MostListed))
            Console.Error.WriteLine($"  {skipped.Name}: {skipped.What}");
        if (!everything && report.Skipped.Count > MostListed)
            Console.Error.WriteLine("  …");
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
