using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Dense, GELU, dense: keys <c>{name}.fc1</c>, <c>{name}.fc2</c>. Our own network takes the exact GELU, not the tanh approximation of the
/// reference models: libtorch's is 3.5 times faster on the CPU (1.0 against 3.5 ms of a block's 21 in bf16).
/// </summary>
internal sealed class FeedForward
{
    private readonly Dense fc1;
    private readonly Dense fc2;
    private readonly GeluForm gelu;

    public FeedForward(ParameterLayout layout, string name, long width, long hidden, GeluForm gelu = GeluForm.Exact)
        : this(layout, ($"{name}.fc1", $"{name}.fc2"), width, hidden, width, gelu)
    {
    }

    /// <summary>With other names for the two dense layers and a result of another width.</summary>
    public FeedForward(ParameterLayout layout, (string First, string Second) names, long width, long hidden, long outputs, GeluForm gelu)
    {
        this.gelu = gelu;
        fc1 = new Dense(layout, names.First, width, hidden);
        fc2 = new Dense(layout, names.Second, hidden, outputs);
    }

    /// <summary>[…, D] to […, outputs].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) =>
        fc2.Forward(w, gelu.Apply(fc1.Forward(w, x)));
}
