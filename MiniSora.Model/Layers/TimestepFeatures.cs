using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Sinusoidal features of a time (models.md §1.0.4): cosines, then sines, of t · period^(−k / half), k = 0 … half − 1. The time is taken
/// as it comes: DiT passes the step 0 … 999, SiT a number in [0, 1].
/// </summary>
internal static class TimestepFeatures
{
    // A handful for the whole process; making one anew for every pass would make a GPU wait for the copy.
    private static readonly ConcurrentDictionary<(string Device, int Half, double Period), Tensor> Frequencies = new();

    /// <summary>t [N] of any numeric type to float32 [N, width]; an odd width ends in a column of zeros.</summary>
    public static Tensor Of(Tensor t, int width, double period = 10000)
    {
        var half = width / 2;
        var angles = t.to_type(ScalarType.Float32).unsqueeze(-1).mul(Table(t.device, half, period));
        var features = cat([angles.cos(), angles.sin()], -1);
        return width % 2 == 0 ? features : nn.functional.pad(features, [0, 1]);
    }

    private static Tensor Table(Device device, int half, double period) => Frequencies.GetOrAdd((device.ToString(), half, period), _ =>
    {
        // Every step rounded to float32, and e^x too, as the originals do: a phase reaches 1000 radians and shows the last bit of a frequency.
        var rate = (float)-Math.Log(period);
        using var host = tensor([.. Enumerable.Range(0, half).Select(k => VectorExp.Of(rate * k / half))]);
        return host.to(device, copy: true).DetachFromDisposeScope();
    });
}
