using System.Diagnostics;
using MiniSora.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Benchmarks;

/// <summary>
/// What this machine's matrix products reach, the yardstick of every other figure: GFLOP/s of square products, the best of several sizes.
/// </summary>
/// <param name="Fp32">In 32-bit floats.</param>
/// <param name="Bf16">In bfloat16; a processor without instructions for it is slower than in fp32.</param>
/// <param name="Threads">libtorch's threads on the processor.</param>
public sealed record MachineRate(double Fp32, double Bf16, int Threads)
{
    private static readonly long[] Sizes = [512, 1024, 2048];
    private const double SecondsPerSize = 1;

    /// <summary>Takes some seconds.</summary>
    public static MachineRate Measure(Placement placement, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        return new MachineRate(
            Best(placement.Device, ScalarType.Float32, cancellationToken), Best(placement.Device, ScalarType.BFloat16, cancellationToken), get_num_threads());
    }

    private static double Best(Device device, ScalarType type, CancellationToken cancellationToken)
    {
        var best = 0.0;
        foreach (var size in Sizes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var a = randn(size, size, device: device).to_type(type);
            var b = randn(size, size, device: device).to_type(type);
            var flop = 2.0 * size * size * size;
            var once = Stopwatching.Seconds(device, () => a.mm(b).Dispose());
            // Emulated bf16 takes seconds for a product that says nothing more than the small one did.
            if (once > SecondsPerSize)
                return Math.Max(best, flop / once / 1e9);
            var repeats = Math.Max(1, (int)(SecondsPerSize / once));
            var seconds = Stopwatching.Seconds(device, () =>
            {
                for (var i = 0; i < repeats; i++)
                    a.mm(b).Dispose();
            });
            best = Math.Max(best, flop * repeats / seconds / 1e9);
        }

        return best;
    }
}

/// <summary>Time of work on a device, which a GPU does later than it is asked.</summary>
internal static class Stopwatching
{
    public static double Seconds(Device device, Action work)
    {
        Wait(device);
        var start = Stopwatch.GetTimestamp();
        work();
        Wait(device);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA)
            cuda.synchronize(device);
    }
}
