using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// Time of every latent frame, kept as the few distinct values of each clip, so that modulation is computed once per value
/// and not once per frame. Value 0 of a clip is its largest time, which the text tokens share.
/// </summary>
internal sealed class FrameTimes
{
    private FrameTimes(float[,] values, int[,] index)
    {
        this.values = values;
        this.index = index;
    }

    private readonly float[,] values;
    private readonly int[,] index;

    /// <summary>Number of distinct values kept per clip, U.</summary>
    public int Distinct => values.GetLength(1);

    /// <summary>Batch.</summary>
    public int Batch => values.GetLength(0);

    /// <summary>Latent frames, F.</summary>
    public int Frames => index.GetLength(1);

    /// <summary>From times [B, F] in [0, 1].</summary>
    public static FrameTimes From(float[,] times)
    {
        int batch = times.GetLength(0), frames = times.GetLength(1);
        var distinct = new List<float>[batch];
        for (var b = 0; b < batch; b++)
        {
            var row = Enumerable.Range(0, frames).Select(f => times[b, f]).ToList();
            distinct[b] = [.. row.Distinct().OrderDescending()];
        }

        var most = distinct.Max(list => list.Count);
        var values = new float[batch, most];
        var index = new int[batch, frames];
        for (var b = 0; b < batch; b++)
        {
            for (var u = 0; u < most; u++)
                values[b, u] = distinct[b][Math.Min(u, distinct[b].Count - 1)];
            for (var f = 0; f < frames; f++)
                index[b, f] = distinct[b].IndexOf(times[b, f]);
        }

        return new FrameTimes(values, index);
    }

    /// <summary>One time for every frame of every clip.</summary>
    public static FrameTimes Constant(int batch, int frames, float time)
    {
        var values = new float[batch, 1];
        for (var b = 0; b < batch; b++)
            values[b, 0] = time;
        return new FrameTimes(values, new int[batch, frames]);
    }

    /// <summary>1 where a frame is clean (time 0), by groups of <paramref name="size"/>, the last one filled up by its last frame: float32 [B, G, size].</summary>
    public Tensor Given(int size, Device device)
    {
        var groups = (Frames + size - 1) / size;
        var given = new float[Batch * groups * size];
        for (var b = 0; b < Batch; b++)
            for (var f = 0; f < groups * size; f++)
                given[b * groups * size + f] = values[b, index[b, Math.Min(f, Frames - 1)]] == 0 ? 1 : 0;
        using var host = tensor(given, [Batch, groups, size]);
        return host.to(device, copy: true);
    }

    /// <summary>Times of the clips from <paramref name="first"/> on.</summary>
    public FrameTimes Lanes(int first, int count)
    {
        var times = new float[count, Frames];
        for (var b = 0; b < count; b++)
            for (var f = 0; f < Frames; f++)
                times[b, f] = values[first + b, index[first + b, f]];
        return From(times);
    }

    /// <summary>Distinct values, float32 [B, U].</summary>
    public Tensor Values(Device device)
    {
        using var host = tensor(values);
        return host.to(device, copy: true);
    }

    /// <summary>
    /// One-hot [B, textGroups + G, U] that gives each group of tokens its time, or null when every clip has one time. A group of <paramref name="size"/>
    /// frames, the last one perhaps of fewer, has the time of its noisiest.
    /// </summary>
    public Tensor? Selection(int textGroups, Device device, ScalarType type, int size = 1)
    {
        if (Distinct == 1)
            return null;
        var groups = textGroups + (Frames + size - 1) / size;
        var hot = new float[Batch * groups * Distinct];
        for (var b = 0; b < Batch; b++)
        {
            for (var g = 0; g < groups; g++)
            {
                // Falling times: the noisiest has the smallest index.
                var first = (g - textGroups) * size;
                var time = g < textGroups ? 0 : Enumerable.Range(first, Math.Min(size, Frames - first)).Min(f => index[b, f]);
                hot[(b * groups + g) * Distinct + time] = 1;
            }
        }

        using var host = tensor(hot, [Batch, groups, Distinct]);
        return host.to(type, device, copy: true);
    }
}
