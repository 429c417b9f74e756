using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model;
using MiniSora.Model.Datasets;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora evaluate likelihood</c>: bits per dimension of a dataset's clips under a flow, with their captions and without.</summary>
internal static class LikelihoodCommand
{
    private const ulong ClipLane = 0xB17D;

    public static Command Build(TimeProvider time)
    {
        var count = new Option<int>("--count") { Description = SpecTexts.Get("cli.likelihood.count"), HelpName = "N", DefaultValueFactory = _ => 16 };
        var steps = new Option<int>("--steps") { Description = SpecTexts.Get("cli.likelihood.steps"), HelpName = "N", DefaultValueFactory = _ => 25 };
        foreach (var option in new[] { count, steps })
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1)
                    result.AddError(SpecTexts.Format("cli.likelihood.least", null, ("option", option.Name)));
            });
        }

        var dataset = new Option<string?>("--dataset") { Description = SpecTexts.Get("cli.likelihood.dataset"), HelpName = "ID" };
        var json = new Option<bool>("--json") { Description = SpecTexts.Get("cli.evaluate.json") };
        var fields = SampleFields.Options().Where(field => field.Path is "checkpoint" or "seed" or "sampler.ema" or "device").ToList();
        var command = new Command("likelihood", SpecTexts.Get("cli.likelihood")) { count, steps, dataset, json };
        foreach (var field in fields)
            command.Options.Add(field.Option);
        command.SetAction(parsed =>
        {
            var spec = SampleFields.Read(parsed, fields, null, []) with { Prompt = "-" };
            SpecInput.Validate(spec, new SpecContext { CheckpointExists = path => CheckpointShelf.Find(path) is not null });
            var data = DataFolder.Of(parsed);
            var (told, untold) = TorchThread.Run(control => Measure(spec, parsed.GetValue(dataset), parsed.GetValue(count), parsed.GetValue(steps), data, control, time));
            Print(told, untold, parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static (List<double> Told, List<double> Untold) Measure(SamplingSpec spec, string? dataset, int count, int steps, string data, RunControl control, TimeProvider time)
    {
        var context = new RunContext(new RunFolder(Directory.GetCurrentDirectory()), new Dictionary<string, string>(), data, new TerminalReporter(), control, time);
        using var session = SamplingSession.Open(context, spec);
        var id = dataset ?? session.Source?.Data.Dataset ?? DatasetCatalog.Shapes;
        var clips = DatasetCatalog.Open(id, data, session.Frames, session.Width, (ulong)spec.Seed);
        using var opened = clips as IDisposable;
        var (told, untold) = (new List<double>(), new List<double>());
        for (var i = 0; i < count; i++)
        {
            var random = SplitMix64.For((ulong)spec.Seed, ClipLane, (ulong)i);
            var index = random.Below((int)Math.Min(clips.Count, int.MaxValue));
            var clip = clips.Read(index, random);
            var number = clips.Classes.Count > 0 ? clips.ClassOf(index) : 0;
            told.Add(session.BitsPerDimension(clip, number, true, (ulong)i, steps, control.Leaving));
            untold.Add(session.BitsPerDimension(clip, number, false, (ulong)i, steps, control.Leaving));
        }

        return (told, untold);
    }

    private static void Print(List<double> told, List<double> untold, bool json)
    {
        static (double Mean, double Error) Of(List<double> values)
        {
            var mean = values.Average();
            return (mean, Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Count - 1) / values.Count));
        }

        var (with, without) = (Of(told), Of(untold));
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { clips = told.Count, bits_per_dimension = with.Mean, standard_error = with.Error, unconditional = without.Mean, unconditional_standard_error = without.Error }));
            return;
        }

        string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
        Console.WriteLine(SpecTexts.Format("cli.likelihood.result", null, ("bits", Number(with.Mean)), ("error", Number(with.Error)), ("unconditional", Number(without.Mean)),
            ("unconditional_error", Number(without.Error)), ("clips", told.Count.ToString(CultureInfo.InvariantCulture))));
    }
}
