using System.CommandLine;
using System.Globalization;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora export CHECKPOINT --out FILE</c>: the weights to sample from, small enough to hand on.</summary>
internal static class ExportCommand
{
    private static readonly Dictionary<string, torch.ScalarType> Types = new()
    {
        ["fp32"] = torch.ScalarType.Float32,
        ["fp16"] = torch.ScalarType.Float16,
        ["bf16"] = torch.ScalarType.BFloat16,
    };

    public static Command Build()
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = SpecTexts.Get("cli.export.checkpoint") };
        var output = new Option<string>("--out") { Description = SpecTexts.Get("cli.export.out"), Required = true, HelpName = "FILE.safetensors" };
        var ema = new Option<double>("--ema") { Description = SpecTexts.Get("cli.export.ema"), HelpName = "WIDTH", DefaultValueFactory = _ => 0.05 };
        var type = new Option<string>("--dtype") { Description = SpecTexts.Get("cli.export.dtype"), HelpName = "fp32|fp16|bf16", DefaultValueFactory = _ => "fp16" };
        type.AcceptOnlyFromAmong([.. Types.Keys]);
        var command = new Command("export", SpecTexts.Get("cli.export")) { checkpoint, output, ema, type };
        command.SetAction(parsed =>
        {
            var data = DataFolder.Of(parsed);
            var named = parsed.GetRequiredValue(checkpoint);
            var path = CheckpointShelf.Find(named) ?? throw new RunFailureException("checkpoint_missing", $"There is no checkpoint at {named}.", ("checkpoint", named));
            var target = Path.GetFullPath(parsed.GetRequiredValue(output));
            return TorchThread.Run(_ =>
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                CheckpointExport.Write(path, target, parsed.GetValue(ema), Types[parsed.GetRequiredValue(type)], new WeightsPlace(data));
                Say.Line("cli.export.done", ("file", target), ("size", (new FileInfo(target).Length / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture)), ("sha256", FileHash.Sha256(target)));
                return 0;
            });
        });
        return command;
    }
}
