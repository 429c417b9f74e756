using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>Dense, GELU (tanh approximation), dense: keys <c>{name}.fc1</c>, <c>{name}.fc2</c>.</summary>
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
        fc2.Forward(w, nn.functional.gelu(fc1.Forward(w, x), GELU.Approximate.tanh, false));
}
