using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>Which GELU (Hendrycks and Gimpel 2016).</summary>
internal enum GeluForm
{
    /// <summary>x·Φ(x).</summary>
    Exact,

    /// <summary>Its approximation by a hyperbolic tangent, which DiT and its successors were trained with.</summary>
    Tanh,
}

/// <summary>Applies a <see cref="GeluForm"/>.</summary>
internal static class GeluForms
{
    /// <summary>Any shape to the same.</summary>
    public static Tensor Apply(this GeluForm form, Tensor x) =>
        form == GeluForm.Tanh ? nn.functional.gelu(x, GELU.Approximate.tanh, inplace: false) : nn.functional.gelu(x);
}
