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
    /// One-hot [B, textGroups + F, U] that gives each group of tokens its time, or null when every clip has one time.
    /// </summary>
    public Tensor? Selection(int textGroups, Device device, ScalarType type)
    {
        if (Distinct == 1)
            return null;
        var groups = textGroups + Frames;
        var hot = new float[Batch * groups * Distinct];
        for (var b = 0; b < Batch; b++)
            for (var g = 0; g < groups; g++)
                hot[(b * groups + g) * Distinct + (g < textGroups ? 0 : index[b, g - textGroups])] = 1;
        using var host = tensor(hot, [Batch, groups, Distinct]);
        return host.to(type, device, copy: true);
    }
}
