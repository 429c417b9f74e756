using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Benchmarks;
using MiniSora.Model.Native;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora bench</c>: the machine's matrix rate, then forward passes and training steps of named networks against it.</summary>
internal static class BenchCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static Command Build(TimeProvider time)
    {
        var networks = new Option<string[]>("--network")
        {
            Description = SpecTexts.Get("cli.bench.network"),
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. SpeedBenchmark.DefaultNetworks],
        };
        networks.AcceptOnlyFromAmong([.. SpeedBenchmark.Networks]);
        var device = new Option<string>("--device") { Description = SpecTexts.Get("cli.verify.device"), HelpName = "auto|cpu|cuda:N", DefaultValueFactory = _ => "auto" };
        var repetitions = new Option<int>("--repetitions") { Description = SpecTexts.Get("cli.bench.repetitions"), HelpName = "N", DefaultValueFactory = _ => 5 };
        repetitions.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError(SpecTexts.Get("cli.bench.repetitions_least"));
        });
        var reference = new Option<FileInfo>("--reference") { Description = SpecTexts.Get("cli.bench.reference"), HelpName = "FILE.pt" };
        reference.AcceptExistingOnly();
        var json = new Option<bool>("--json") { Description = SpecTexts.Get("cli.evaluate.json") };
        var memory = new Option<bool>("--memory") { Description = SpecTexts.Get("cli.bench.memory") };
        var specs = new Option<string[]>("--spec")
        {
            Description = SpecTexts.Get("cli.bench.memory_spec"),
            HelpName = "FILE|RECIPE",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var command = new Command("bench", SpecTexts.Get("cli.bench")) { networks, device, repetitions, reference, memory, specs, json };
        command.Validators.Add(result =>
        {
            if (result.GetResult(reference) is { Implicit: false } && result.GetValue(networks)!.Length != 1)
                result.AddError(SpecTexts.Get("cli.bench.reference_one"));
        });
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(memory)
            ? MemoryAsync([.. parsed.GetRequiredValue(specs).Select(file => SpecInput.Read<TrainingSpec>(SpecInput.Text(file), []))], DataFolder.Of(parsed), parsed.GetValue(json), time, cancellationToken)
            : Task.FromResult(Speed(parsed, networks, device, repetitions, reference, json)));
        return command;
    }

    private static int Speed(
        ParseResult parsed, Option<string[]> networks, Option<string> device, Option<int> repetitions, Option<FileInfo> reference, Option<bool> json) => TorchThread.Run(control =>
        {
            var placement = Placement.Parse(parsed.GetRequiredValue(device), Precision.Fp32);
            var rate = MachineRate.Measure(placement, control.Cancelled);
            var rows = new List<BenchmarkRow>();
            var asJson = parsed.GetValue(json);
            if (!asJson)
                Console.WriteLine(Show(rate));
            foreach (var row in SpeedBenchmark.Run(parsed.GetRequiredValue(networks), rate, placement, parsed.GetValue(repetitions), parsed.GetValue(reference)?.FullName, control.Cancelled))
            {
                rows.Add(row);
                if (!asJson)
                    Console.WriteLine(Show(row));
            }

            if (asJson)
                Console.WriteLine(JsonSerializer.Serialize(new { device = placement.Device.ToString(), software = SoftwareVersion.Current, rate, rows }, Json));
            return 0;
        });

    private static async Task<int> MemoryAsync(IReadOnlyList<TrainingSpec> specs, string dataFolder, bool asJson, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var spec in specs)
            SpecInput.Validate(spec, SpecInput.Context(dataFolder));
        if (!asJson)
            Console.WriteLine(SpecTexts.Get("cli.bench.memory_head"));
        var rows = new List<MemoryRow>();
        var options = new RunProcessOptions { DataFolder = dataFolder };
        await foreach (var row in MemoryBenchmark.RunAsync(specs.Count == 0 ? MemoryBenchmark.Specs : specs, options, time, cancellationToken).ConfigureAwait(false))
        {
            rows.Add(row);
            if (!asJson)
                Console.WriteLine(row.Failure is null ? Show(row) : SpecTexts.Format("cli.bench.memory_failed", null, ("name", row.Name), ("detail", row.Failure)));
        }

        var measured = rows.Where(row => row.Failure is null).ToList();
        if (asJson)
            Console.WriteLine(JsonSerializer.Serialize(new { rows }, Json));
        else if (measured.Count > 0)
            Console.WriteLine(SpecTexts.Format("cli.bench.memory_worst", null, ("percent", measured.Max(row => Math.Abs(row.ErrorPercent)).ToString("0.0", CultureInfo.InvariantCulture))));
        return measured.Count == rows.Count ? 0 : 1;
    }

    private static string Show(MemoryRow row) => string.Create(CultureInfo.InvariantCulture,
        $"{row.Name,-32} {SnakeCase.From(row.Kind),-9} {row.PredictedBytes / 1048576.0,8:0} MiB predicted {row.MeasuredBytes / 1048576.0,8:0} MiB measured {row.ErrorPercent,6:+0.0;-0.0} %");

    private static string Show(MachineRate rate) => SpecTexts.Format("cli.bench.rate", null,
        ("fp32", rate.Fp32.ToString("0", CultureInfo.InvariantCulture)), ("bf16", rate.Bf16.ToString("0", CultureInfo.InvariantCulture)), ("threads", rate.Threads.ToString(CultureInfo.InvariantCulture)));

    private static string Show(BenchmarkRow row)
    {
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{row.Network,-12} {SnakeCase.From(row.Pass),-14} {SnakeCase.From(row.Precision)}  batch {row.Batch,-3} {row.Milliseconds,9:0.0} ms {row.GflopPerSecond,8:0.0} GFLOP/s {row.PercentOfRate,6:0.0} %");
        return row.TimesReference is { } times ? line + string.Create(CultureInfo.InvariantCulture, $"  {times:0.00} x reference ({row.ReferenceMilliseconds:0.0} ms)") : line;
    }
}
