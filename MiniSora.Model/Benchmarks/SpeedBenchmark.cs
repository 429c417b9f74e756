using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Benchmarks;

/// <summary>What is timed of a network.</summary>
public enum BenchmarkPass
{
    /// <summary>Forward without gradients.</summary>
    Forward,

    /// <summary>Forward and backward in the replicas that training uses, AdamW and one EMA copy.</summary>
    TrainingStep,
}

/// <summary>One figure.</summary>
/// <param name="Network">Name of the network.</param>
/// <param name="Pass">What was timed.</param>
/// <param name="Precision">Arithmetic.</param>
/// <param name="Batch">Clips or images a pass.</param>
/// <param name="Milliseconds">Median of the repetitions.</param>
/// <param name="GflopPerSecond">Operations by formula over that time.</param>
/// <param name="PercentOfRate">Share of the machine's rate in the same arithmetic.</param>
/// <param name="ReferenceMilliseconds">The same forward pass by the reference module in the same process, in fp32; null without one.</param>
public sealed record BenchmarkRow(
    string Network, BenchmarkPass Pass, Precision Precision, int Batch, double Milliseconds, double GflopPerSecond, double PercentOfRate, double? ReferenceMilliseconds)
{
    /// <summary>How many times as fast as the reference.</summary>
    public double? TimesReference => ReferenceMilliseconds / Milliseconds;
}

/// <summary>Times forward passes and training steps of named networks, all in one process so that ratios hold on a machine that drifts.</summary>
public static class SpeedBenchmark
{
    /// <summary>Names that can be timed.</summary>
    public static IReadOnlyList<string> Networks => BenchmarkNetwork.Names;

    /// <summary>Those timed by default.</summary>
    public static IReadOnlyList<string> DefaultNetworks => BenchmarkNetwork.Default;

    /// <summary>
    /// Rows as they come. <paramref name="reference"/>: a TorchScript file of the same network, called with the inputs (x, t, y) of a DiT or (x, t)
    /// of a Latte; only with a single network. bf16 is left out where the machine is slower in it.
    /// </summary>
    public static IEnumerable<BenchmarkRow> Run(
        IReadOnlyList<string> networks, MachineRate rate, Placement placement, int repetitions, string? reference, CancellationToken cancellationToken)
    {
        foreach (var network in networks.Select(BenchmarkNetwork.Named))
        {
            var reached = reference is null ? (double?)null : Reference(network, reference, placement.Device, repetitions);
            foreach (var precision in (Precision[])[Precision.Fp32, Precision.Bf16])
            {
                var peak = precision == Precision.Bf16 ? rate.Bf16 : rate.Fp32;
                if (precision == Precision.Bf16 && rate.Bf16 < rate.Fp32)
                    continue;
                foreach (var pass in Enum.GetValues<BenchmarkPass>())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var seconds = Time(network, pass, placement.Device, precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32, repetitions);
                    var flops = network.ForwardFlops * (pass == BenchmarkPass.TrainingStep ? 3 : 1);
                    yield return new BenchmarkRow(
                        network.Name, pass, precision, network.Batch, seconds * 1000, flops / seconds / 1e9, flops / seconds / 1e7 / peak,
                        pass == BenchmarkPass.Forward ? reached * 1000 : null);
                }
            }
        }
    }

    private static double Time(BenchmarkNetwork network, BenchmarkPass pass, Device device, ScalarType compute, int repetitions)
    {
        using var scope = NewDisposeScope();
        var inputs = network.Inputs(device);
        if (pass == BenchmarkPass.Forward)
        {
            using var _ = no_grad();
            using var flat = network.Layout.Initialise(1).to(device);
            using var weights = ParameterViews.Keep(network.Layout, flat, compute);
            return Median(device, repetitions, () => network.Forward(weights, inputs).Dispose());
        }

        using var state = new TrainingState(network.Layout, new TrainingOptions { EmaWidths = [0.05] }, 1, device);
        using var system = new BenchmarkSystem(network);
        using var replicas = new Replicas(system, Replicas.Devices(device, 0));
        var batch = new BenchmarkBatch(inputs, network.Batch);
        return Median(device, repetitions, () =>
        {
            using var step = NewDisposeScope();
            state.Update(replicas.Run(state.Parameters, compute, batch).Gradient, 1e-4);
        });
    }

    private static double Reference(BenchmarkNetwork network, string file, Device device, int repetitions)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var inputs = network.Inputs(device);
        using var module = jit.load(file);
        module.to(device).eval();
        return Median(device, repetitions, () => module.invoke<Tensor>("forward", [.. inputs]).Dispose());
    }

    /// <summary>After one to warm up.</summary>
    private static double Median(Device device, int repetitions, Action work)
    {
        work();
        var times = Enumerable.Range(0, repetitions).Select(_ => Stopwatching.Seconds(device, work)).Order().ToList();
        return times[times.Count / 2];
    }
}
