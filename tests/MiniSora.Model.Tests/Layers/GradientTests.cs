using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Layers;

/// <summary>Analytic gradients against central differences in float64.</summary>
public sealed class GradientTests : TorchTests
{
    private const int Width = 8;

    [Fact]
    public void Attention_with_normalised_rotated_queries_and_keys()
    {
        var layout = new ParameterLayout();
        var attention = new Attention(layout, "attn", Width, 2);
        var (cos, sin) = Rope3D.Tables(Rope3D.GridCoordinates(2, 1, 3), 4);
        Check(layout, [12, Width], (w, x) => attention.Forward(w, x, 2, 6, (cos.to_type(float64), sin.to_type(float64))));
    }

    [Fact]
    public void A_modulated_block_with_a_vector_per_group()
    {
        var layout = new ParameterLayout();
        var modulation = new Modulation(layout, "modulation", Width, 1);
        var block = new JointBlock(layout, "block", Width, 2, 16);
        var (cos, sin) = Rope3D.Tables(Rope3D.GridCoordinates(3, 1, 2), 4);
        var condition = randn(2, 2, Width).to_type(float64);
        var selection = tensor(new double[] { 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0 }, [2, 3, 2]);
        Check(layout, [2, 3, 2, Width], (w, x) =>
        {
            var m = modulation.Forward(w, condition, selection);
            var y = block.Forward(w, x, m.AsSpan(0, 6), (cos.to_type(float64), sin.to_type(float64)));
            return Modulation.Apply(y, m[6], m[7]);
        });
    }

    [Fact]
    public void Feed_forward_norm_and_time_embedding()
    {
        var layout = new ParameterLayout();
        var norm = new AffineNorm(layout, "norm", Width);
        var mlp = new FeedForward(layout, "mlp", Width, 16);
        var time = new TimeEmbedding(layout, "t", Width);
        Check(layout, [3, Width], (w, x) => mlp.Forward(w, norm.Forward(w, x)) + time.Forward(w, tensor(new[] { 0.1, 0.5, 0.9 })));
    }

    /// <summary>Probes the derivative of <paramref name="forward"/> along six random directions of its parameters and of x.</summary>
    internal static void Check(ParameterLayout layout, long[] shape, Func<ParameterViews, Tensor, Tensor> forward)
    {
        // Away from the zeros that some parameters start with, where their neighbours' gradients would all be zero.
        var start = layout.Initialise(3).to_type(float64) + 0.3 * randn(layout.Length, dtype: float64);
        var flat = start.requires_grad_(true);
        var x = randn(shape, dtype: float64).requires_grad_(true);
        var direction = randn(forward(new ParameterViews(layout, flat, float64), x).shape, dtype: float64);

        double Value(Tensor parameters, Tensor input)
        {
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            return (forward(new ParameterViews(layout, parameters, float64), input) * direction).sum().ToDouble();
        }

        var loss = (forward(new ParameterViews(layout, flat, float64), x) * direction).sum();
        var gradients = autograd.grad([loss], [flat, x]);
        const double Step = 1e-6;
        using var noGrad = no_grad();
        for (var probe = 0; probe < 6; probe++)
        {
            var (alongFlat, alongX) = (randn_like(flat), randn_like(x));
            var expected = (gradients[0] * alongFlat).sum().ToDouble() + (gradients[1] * alongX).sum().ToDouble();
            var measured = (Value(flat + Step * alongFlat, x + Step * alongX) - Value(flat - Step * alongFlat, x - Step * alongX)) / (2 * Step);
            Assert.True(Math.Abs(expected - measured) <= 1e-5 * Math.Max(1, Math.Abs(expected)), $"gradient says {expected}, differences say {measured}");
        }
    }
}
