using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Evaluation.Scores;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora evaluate [FILE] --checkpoint …</c>: scores of a checkpoint by the handler of the portal's evaluation runs.</summary>
internal static class EvaluateCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Build(TimeProvider time)
    {
        var file = new Argument<string?>("FILE") { Description = SpecTexts.Get("cli.evaluate.file"), Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = SpecTexts.Get("cli.evaluate.json") };
        var output = new Option<string?>("--out") { Description = SpecTexts.Get("cli.evaluate.out"), HelpName = "DIR" };
        var sets = new Option<string[]>("--set") { Description = SpecTexts.Get("cli.set"), HelpName = "PATH=VALUE", DefaultValueFactory = _ => [] };
        var fields = SampleFields.Evaluation();
        var command = new Command("evaluate", SpecTexts.Get("cli.evaluate")) { file, output, json, sets, Shapes(time), WorldCommand.Build(time), LikelihoodCommand.Build(time) };
        foreach (var field in fields)
            command.Options.Add(field.Option);
        command.SetAction(parsed =>
        {
            var given = fields.Select(field => (field.Path, Value: parsed.GetValue(field.Option))).Where(field => field.Value is not null).Select(field => $"{field.Path}={field.Value}");
            var name = parsed.GetValue(file);
            var spec = SpecInput.Read<EvaluationSpec>(name is null ? "kind: evaluation\nname: evaluation\n" : SpecInput.Text(name), [.. given, .. parsed.GetRequiredValue(sets)]);
            SpecInput.Validate(spec, new SpecContext { CheckpointExists = path => CheckpointShelf.Find(path) is not null });
            return Run(spec, parsed.GetValue(output), parsed.GetValue(json), DataFolder.Of(parsed), time);
        });
        return command;
    }

    private static int Run(EvaluationSpec spec, string? output, bool json, string dataFolder, TimeProvider time)
    {
        var temporary = output is null ? Directory.CreateTempSubdirectory("minisora-evaluate-") : null;
        try
        {
            var run = new EvaluationRun(output is null ? spec with { KeepClips = 0 } : spec);
            var done = TorchThread.Run(control => run.Run(new RunContext(
                new RunFolder(Path.GetFullPath(output ?? temporary!.FullName)), new Dictionary<string, string>(), dataFolder, new TerminalReporter(), control, time)));
            if (done is not { Reason: "completed" })
                return 130;
            if (json)
                Console.WriteLine(run.Report!.ToJson());
            else
                Print(run.Report!);
            return 0;
        }
        finally
        {
            temporary?.Delete(recursive: true);
        }
    }

    private static void Print(ScoreReport report)
    {
        foreach (var record in report.Records)
        {
            var interval = record is { Low: { } low, High: { } high } ? string.Create(CultureInfo.InvariantCulture, $"[{low:0.000}, {high:0.000}]") : "";
            var real = record.Real is { } value ? string.Create(CultureInfo.InvariantCulture, $"real {value:0.000}") : "";
            var network = record.On.Features.Length > 0 ? $"{record.On.Protocol} {record.On.Features[..12]}" : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{record.Value,10:0.000} {interval,-20} n {record.On.Clips,-5} {SpecTexts.Get("metric." + record.Metric)}  {real}{network}").TrimEnd());
        }

        if (report.LossByLevel.Count > 0)
            Console.WriteLine($"{SpecTexts.Get("cli.evaluate.loss_by_level")}: {string.Join(' ', report.LossByLevel.Select(loss => loss.ToString("0.000", CultureInfo.InvariantCulture)))}");
    }

    /// <summary><c>minisora evaluate shapes</c>: attribute accuracy alone, as a table or JSON.</summary>
    private static Command Shapes(TimeProvider time)
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
            var scores = TorchThread.Run(control => ShapeAccuracy.Score(spec, Math.Max(1, parsed.GetValue(count)), parsed.GetValue(language) == "zh", dataFolder, control, time));
            if (parsed.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(scores, Json));
            else
                Table(scores);
            return 0;
        });
        return shapes;
    }

    private static void Table(Dictionary<string, AttributeAccuracy> scores)
    {
        Console.WriteLine("joint   shape   colour  size    motion  valid   n");
        foreach (var (name, score) in scores)
        {
            var values = new[] { score.Joint, score.Shape, score.Colour, score.Size, score.Motion, score.Valid };
            var columns = string.Concat(values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value,-8:0.000}")));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{columns}{score.Clips,-4} {SpecTexts.Get("cli.score." + name)}"));
        }
    }
}
