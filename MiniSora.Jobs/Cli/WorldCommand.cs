using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model;
using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation.Worlds;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora evaluate world</c>: whether the clips of a model of a toy world obey its rules, beside what the world's own clips score.</summary>
internal static class WorldCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Build(TimeProvider time)
    {
        var count = new Option<int>("--count") { Description = SpecTexts.Get("cli.evaluate.count"), HelpName = "N", DefaultValueFactory = _ => 32 };
        var given = new Option<int>("--given") { Description = SpecTexts.Get("cli.evaluate.given"), HelpName = "N", DefaultValueFactory = _ => 0 };
        var language = new Option<string>("--language") { Description = SpecTexts.Get("cli.evaluate.language"), HelpName = "en|zh", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong("en", "zh");
        var json = new Option<bool>("--json") { Description = SpecTexts.Get("cli.evaluate.json") };
        var sets = new Option<string[]>("--set") { Description = SpecTexts.Get("cli.set"), HelpName = "PATH=VALUE", DefaultValueFactory = _ => [] };
        var fields = SampleFields.Options().Where(field => field.Path is not ("prompt" or "image" or "clips" or "frames_per_second")).ToList();
        var command = new Command("world", SpecTexts.Get("cli.evaluate.world")) { count, given, language, json, sets };
        foreach (var field in fields)
            command.Options.Add(field.Option);
        command.SetAction(parsed =>
        {
            var spec = SampleFields.Read(parsed, fields, null, parsed.GetRequiredValue(sets)) with { Prompt = "-" };
            var source = SampleCommand.Context(spec).Source;
            SpecInput.Validate(spec, new SpecContext { CheckpointExists = path => CheckpointShelf.Find(path) is not null });
            if (source is null || !DatasetCatalog.Worlds.Contains(source.Data.Dataset))
                throw new BadInputException([SpecProblem.At("spec.dataset_unknown", "checkpoint", null, ("dataset", source?.Data.Dataset ?? "–"), ("known", string.Join(", ", DatasetCatalog.Worlds)))]);
            var asked = new Asked(Math.Max(1, parsed.GetValue(count)), Math.Max(0, parsed.GetValue(given)), parsed.GetValue(language) == "zh");
            var dataFolder = DataFolder.Of(parsed);
            Print(TorchThread.Run(control => Score(spec, source.Data.Dataset, asked, dataFolder, control, time)), parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Dictionary<string, WorldScore> Score(SamplingSpec spec, string world, Asked asked, string dataFolder, RunControl control, TimeProvider time)
    {
        var context = new RunContext(new RunFolder(Directory.GetCurrentDirectory()), new Dictionary<string, string>(), dataFolder, new TerminalReporter(), control, time);
        using var session = SamplingSession.Open(context, spec);
        var size = session.SizeOf(spec.Size);
        // A seed that no run trains with by accident: these clips are new to the model.
        var dataset = DatasetCatalog.Open(world, dataFolder, size, (ulong)spec.Seed ^ 0xE7A1_0000);
        var clips = Enumerable.Range(0, asked.Count).Select(i => dataset.Read(SplitMix64.For((ulong)spec.Seed, (ulong)i).Below(dataset.Count), SplitMix64.For((ulong)spec.Seed, (ulong)i, 1))).ToList();
        string Caption(Clip clip) => (asked.Chinese ? clip.Caption.Chinese : clip.Caption.English)!;
        SampleTask Task(Clip clip) => asked.Given == 0
            ? SampleTask.FromPrompt
            : new ExtendForward(new PixelClip(clip.Frames, size.Frames, size.Height, size.Width).Part(0, Math.Min(asked.Given, size.Frames - 2)), asked.Given);
        WorldVerdict Judge(PixelClip made, Clip clip) => WorldVerdict.Of(world, made.Pixels, made.Frames, made.Height, made.Width, Caption(clip));

        context.Phase("phase.sample", 0);
        var requests = clips.Select((clip, i) => new SampleRequest(Caption(clip), spec.Seed + i, Task(clip), size)).ToList();
        var made = session.Draw(requests, spec.Sampler, null, control.Cancelled).Zip(clips, Judge).ToList();
        var real = clips.Select(clip => Judge(new PixelClip(clip.Frames, size.Frames, size.Height, size.Width), clip)).ToList();
        return new() { ["model"] = WorldScore.Of(made), ["world"] = WorldScore.Of(real) };
    }

    private static void Print(Dictionary<string, WorldScore> scores, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(scores, Json));
            return;
        }

        Console.WriteLine($"{"",-14}{SpecTexts.Get("cli.score.model"),-10}{SpecTexts.Get("cli.score.world"),-10}");
        var (model, world) = (scores["model"], scores["world"]);
        void Line(string name, double ours, double theirs) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-14}{ours,-10:0.000}{theirs,-10:0.000}"));
        Line("passed", model.Passed, world.Passed);
        foreach (var name in model.Parts.Keys)
            Line(name, model.Parts[name], world.Parts[name]);
    }

    private sealed record Asked(int Count, int Given, bool Chinese);
}
