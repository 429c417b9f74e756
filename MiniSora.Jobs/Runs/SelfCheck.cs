using MiniSora.Jobs.Specs;
using MiniSora.Model.Native;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Runs;

/// <summary>Loads libtorch and makes sure that it calculates right here, before anything is trained or sampled.</summary>
internal static class SelfCheck
{
    /// <summary>The placement of a run and what the check says. Throws when the device is missing or no path is right.</summary>
    public static (Placement Placement, ArithmeticReport Arithmetic) Require(RunContext context, RunSpec spec, Precision precision)
    {
        context.Phase("phase.start");
        TorchRuntime.EnsureLoaded();
        var placement = Place(spec.Device, precision);
        context.Phase("phase.check_arithmetic");
        var report = Arithmetic.Check(placement.Device);
        if (!report.Trustworthy)
            throw new RunFailureException("arithmetic", report.Summary, ("detail", string.Join("; ", report.Failures)));
        if (!report.ConvolutionIsSafe)
            context.Info("log.safe_convolution", ("detail", report.Summary));
        return (placement, report);
    }

    private static Placement Place(string device, Precision precision)
    {
        try
        {
            return Placement.Parse(device, precision);
        }
        catch (PlacementException error)
        {
            throw new RunFailureException("device_missing", error.Message, ("device", device));
        }
    }
}
