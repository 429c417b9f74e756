using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
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

    public static Command Build()
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
        var command = new Command("bench", SpecTexts.Get("cli.bench")) { networks, device, repetitions, reference, json };
        command.Validators.Add(result =>
        {
            if (result.GetResult(reference) is { Implicit: false } && result.GetValue(networks)!.Length != 1)
                result.AddError(SpecTexts.Get("cli.bench.reference_one"));
        });
        command.SetAction(parsed => TorchThread.Run(control =>
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
                Console.WriteLine(JsonSerializer.Serialize(new { rate, rows }, Json));
            return 0;
        }));
        return command;
    }

    private static string Show(MachineRate rate) => SpecTexts.Format("cli.bench.rate", null,
        ("fp32", rate.Fp32.ToString("0", CultureInfo.InvariantCulture)), ("bf16", rate.Bf16.ToString("0", CultureInfo.InvariantCulture)), ("threads", rate.Threads.ToString(CultureInfo.InvariantCulture)));

    private static string Show(BenchmarkRow row)
    {
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{row.Network,-12} {SnakeCase.From(row.Pass),-14} {SnakeCase.From(row.Precision)}  batch {row.Batch,-3} {row.Milliseconds,9:0.0} ms {row.GflopPerSecond,8:0.0} GFLOP/s {row.PercentOfRate,6:0.0} %");
        return row.TimesReference is { } times ? line + string.Create(CultureInfo.InvariantCulture, $"  {times:0.00} x reference ({row.ReferenceMilliseconds:0.0} ms)") : line;
    }
}
