using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Dense, GELU, dense: keys <c>{name}.fc1</c>, <c>{name}.fc2</c>. The exact GELU, not the tanh approximation of the reference
/// models: libtorch's is 3.5 times faster on the CPU (1.0 against 3.5 ms of a block's 21 in bf16).
/// </summary>
internal sealed class FeedForward
{
    private readonly Dense fc1;
    private readonly Dense fc2;

    public FeedForward(ParameterLayout layout, string name, long width, long hidden)
    {
        fc1 = new Dense(layout, $"{name}.fc1", width, hidden);
        fc2 = new Dense(layout, $"{name}.fc2", hidden, width);
    }

    /// <summary>[…, D] to […, D].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) =>
        fc2.Forward(w, nn.functional.gelu(fc1.Forward(w, x)));
}
