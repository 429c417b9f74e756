using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// Semantic latents to a small picture at once, to look at a sample while it is made (Stability-AI/StableCascade, modules/previewer.py):
/// 1×1 and 3×3 convolutions, then three doublings, each with GELU and batch norm behind. Keys <c>blocks.k</c>. Defaults are the released network.
/// </summary>
internal sealed class Previewer
{
    private readonly List<Func<ParameterViews, Tensor, BatchStatistics?, Tensor>> steps = [];
    private readonly Convolution output;

    public Previewer(int inputs = 16, int hidden = 512, int outputs = 3)
    {
        long[] widths = [hidden, hidden / 2, hidden / 4, hidden / 4];
        Step(new Convolution(Layout, Name(0), inputs, hidden, Kernel.Point).Forward, hidden);
        Step(new Convolution(Layout, Name(0), hidden, hidden, Kernel.Same(3)).Forward, hidden);
        for (var i = 1; i < widths.Length; i++)
        {
            Step(new TransposedConvolution(Layout, Name(0), widths[i - 1], widths[i], new Kernel(2, 2)).Forward, widths[i]);
            Step(new Convolution(Layout, Name(0), widths[i], widths[i], Kernel.Same(3)).Forward, widths[i]);
        }

        output = new Convolution(Layout, Name(0), widths[^1], outputs, Kernel.Point);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>[B, c, h, w] to [B, 3, 8h, 8w].</summary>
    public Tensor Forward(ParameterViews w, Tensor latents, BatchStatistics? training = null)
    {
        using var scope = NewDisposeScope();
        var x = latents.to_type(w.Compute);
        foreach (var step in steps)
            x = step(w, x, training);
        return output.Forward(w, x).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Convolution, GELU and batch norm are three entries of the original's sequence.</summary>
    private string Name(int offset) => $"blocks.{3 * steps.Count + offset}";

    private void Step(Func<ParameterViews, Tensor, Tensor> convolution, long width)
    {
        var norm = new BatchNorm(Layout, Name(2), width);
        steps.Add((w, x, training) => norm.Forward(w, nn.functional.gelu(convolution(w, x)), training));
    }
}
