using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model;
using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora evaluate shapes</c>: how often clips show what was asked for, by the analytic reader.</summary>
internal static class EvaluateCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Build(TimeProvider time)
    {
        var count = new Option<int>("--count") { Description = SpecTexts.Get("cli.evaluate.count"), HelpName = "N", DefaultValueFactory = _ => 64 };
        var language = new Option<string>("--language") { Description = SpecTexts.Get("cli.evaluate.language"), HelpName = "en|zh", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong("en", "zh");
        var json = new Option<bool>("--json") { Description = SpecTexts.Get("cli.evaluate.json") };
        var sets = new Option<string[]>("--set") { Description = SpecTexts.Get("cli.set"), HelpName = "PATH=VALUE", DefaultValueFactory = _ => [] };
        var fields = SampleFields.Options().Where(field => field.Path is not ("prompt" or "image" or "clips" or "frames_per_second")).ToList();
        var shapes = new Command("shapes", SpecTexts.Get("cli.evaluate.shapes")) { count, language, json, sets };
        foreach (var field in fields)
            shapes.Options.Add(field.Option);
        shapes.SetAction(parsed =>
        {
            var spec = SampleFields.Read(parsed, fields, null, parsed.GetRequiredValue(sets)) with { Prompt = "-" };
            SpecInput.Validate(spec, new SpecContext { CheckpointExists = path => CheckpointShelf.Find(path) is not null });
            var dataFolder = DataFolder.Of(parsed);
            var scores = TorchThread.Run(control => Score(spec, Math.Max(1, parsed.GetValue(count)), parsed.GetValue(language) == "zh", dataFolder, control, time));
            Print(scores, parsed.GetValue(json));
            return 0;
        });
        return new Command("evaluate", SpecTexts.Get("cli.evaluate")) { shapes, WorldCommand.Build(time), LikelihoodCommand.Build(time) };
    }

    private static Dictionary<string, AttributeAccuracy> Score(SamplingSpec spec, int count, bool chinese, string dataFolder, RunControl control, TimeProvider time)
    {
        var context = new RunContext(new RunFolder(Directory.GetCurrentDirectory()), new Dictionary<string, string>(), dataFolder, new TerminalReporter(), control, time);
        using var session = SamplingSession.Open(context, spec);
        context.Phase("phase.sample", 0);
        var scores = new Dictionary<string, AttributeAccuracy>();
        foreach (var (name, combos) in Parts())
        {
            var chosen = Choose(combos, count, (ulong)spec.Seed);
            var requests = chosen.Select((combo, index) => new SampleRequest(chinese ? ShapeCaptions.Chinese(combo) : ShapeCaptions.English(combo), spec.Seed + index)).ToList();
            var clips = session.Make(requests, spec.Sampler, null, control.Cancelled).Zip(chosen, (clip, combo) => (clip, combo));
            scores[name] = AttributeAccuracy.Score(clips, session.Frames, session.Height);
        }

        return scores;
    }

    private static (string Name, IReadOnlyList<ShapeCombo> Combos)[] Parts() =>
        [("seen", ShapeCombo.Seen), ("held_out_pairs", ShapeCombo.HeldOutPairs), ("held_out_triples", ShapeCombo.HeldOutTriples)];

    /// <summary>A fixed draw without repetition, as far as there are enough.</summary>
    private static List<ShapeCombo> Choose(IReadOnlyList<ShapeCombo> combos, int count, ulong seed)
    {
        var order = combos.ToArray();
        var random = SplitMix64.For(seed, 0xE7A1);
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = random.Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return [.. Enumerable.Range(0, count).Select(index => order[index % order.Length])];
    }

    private static void Print(Dictionary<string, AttributeAccuracy> scores, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(scores, Json));
            return;
        }

        Console.WriteLine("joint   shape   colour  size    motion  valid   n");
        foreach (var (name, score) in scores)
        {
            var values = new[] { score.Joint, score.Shape, score.Colour, score.Size, score.Motion, score.Valid };
            var columns = string.Concat(values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value,-8:0.000}")));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{columns}{score.Clips,-4} {SpecTexts.Get("cli.score." + name)}"));
        }
    }
}
