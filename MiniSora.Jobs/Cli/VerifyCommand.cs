using System.CommandLine;
using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Native;
using MiniSora.Model.Training;
using MiniSora.Model.Verification;

namespace MiniSora.Jobs.Cli;

/// <summary>
/// <c>minisora verify DIR</c>: recomputes a folder of recorded outputs with the types that train and sample, one line an entry.
/// Exit code 1 when one fails or is unknown.
/// </summary>
internal static class VerifyCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = SpecTexts.Get("cli.verify.folder") };
        var device = new Option<string>("--device") { Description = SpecTexts.Get("cli.verify.device"), HelpName = "auto|cpu|cuda:N", DefaultValueFactory = _ => "auto" };
        var dtype = new Option<string>("--dtype") { Description = SpecTexts.Get("cli.verify.dtype"), DefaultValueFactory = _ => "fp32" };
        dtype.AcceptOnlyFromAmong("fp32", "bf16");
        var only = new Option<string>("--only") { Description = SpecTexts.Get("cli.verify.only"), HelpName = "TEXT" };
        var command = new Command("verify", SpecTexts.Get("cli.verify")) { folder, device, dtype, only };
        command.SetAction(parsed =>
        {
            var manifest = FixtureManifest.Load(Path.GetFullPath(parsed.GetRequiredValue(folder)));
            var part = parsed.GetValue(only) ?? "";
            var chosen = manifest with { Entries = [.. manifest.Entries.Where(entry => $"{entry.Family}/{entry.File}".Contains(part, StringComparison.Ordinal))] };
            if (chosen.Entries.Count == 0)
                throw new FixtureException(SpecTexts.Format("cli.verify.nothing", null, ("part", part)));
            return TorchThread.Run(control =>
            {
                var placement = Placement.Parse(parsed.GetRequiredValue(device), parsed.GetRequiredValue(dtype) == "bf16" ? Precision.Bf16 : Precision.Fp32);
                int passed = 0, failed = 0;
                foreach (var result in Verifier.Run(chosen, placement, control.Leaving))
                {
                    Show(result);
                    if (result.Passed) passed++; else failed++;
                }

                Console.WriteLine(SpecTexts.Format("cli.verify.total", null,
                    ("passed", passed.ToString(CultureInfo.InvariantCulture)), ("failed", failed.ToString(CultureInfo.InvariantCulture)), ("device", placement.Device.ToString()), ("dtype", parsed.GetRequiredValue(dtype))));
                return failed == 0 ? 0 : 1;
            });
        });
        return command;
    }

    private static void Show(FixtureResult result)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(result.Passed ? "pass" : "FAIL")}  {result.File,-48} abs {Number(result.LargestAbsolute)}  rel {Number(result.LargestRelative)}  tolerance {Number(result.Atol)} + {Number(result.Rtol)}"));
        foreach (var failure in result.Failures)
            Console.WriteLine("      " + failure);
    }

    private static string Number(double value) => string.Create(CultureInfo.InvariantCulture, $"{value,7:0.0e+0}");
}
