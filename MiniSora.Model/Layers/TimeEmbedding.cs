using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Time in [0, 1] to a vector: 256 cosines and sines of 1000·t (frequencies 10000^(−k/128), cosines first, as in DiT),
/// dense, SiLU, dense. Keys <c>{name}.fc1</c>, <c>{name}.fc2</c>.
/// </summary>
internal sealed class TimeEmbedding
{
    private const int Features = 256;
    private readonly Dense fc1;
    private readonly Dense fc2;

    public TimeEmbedding(ParameterLayout layout, string name, long width)
    {
        fc1 = new Dense(layout, $"{name}.fc1", Features, width, hidden: false);
        fc2 = new Dense(layout, $"{name}.fc2", width, width);
    }

    /// <summary>[…] float32 to […, D].</summary>
    public Tensor Forward(ParameterViews w, Tensor time)
    {
        var angles = time.unsqueeze(-1) * Frequencies(time.device);
        var features = cat([angles.cos(), angles.sin()], -1).to_type(w.Compute);
        return fc2.Forward(w, nn.functional.silu(fc1.Forward(w, features)));
    }

    private static Tensor Frequencies(Device device) =>
        tensor([.. Enumerable.Range(0, Features / 2).Select(k => (float)(1000 * Math.Pow(10000, -k / (Features / 2.0))))], device: device);
}
