using MiniSora.Model.Layers;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Layers;

/// <summary>Analytic gradients of the layers of DiT and Latte against central differences in float64.</summary>
public sealed class NetworkLayerGradientTests : TorchTests
{
    private const int Width = 8;

    [Theory]
    [InlineData(AttentionKeys.Joined, TokenAxis.Space)]
    [InlineData(AttentionKeys.Joined, TokenAxis.Time)]
    [InlineData(AttentionKeys.Separate, TokenAxis.Space)]
    [InlineData(AttentionKeys.Separate, TokenAxis.Time)]
    internal void Self_attention(AttentionKeys keys, TokenAxis axis)
    {
        var layout = new ParameterLayout();
        var attention = new SelfAttention(layout, "attn", Width, 2, keys);
        GradientTests.Check(layout, [2, 3, 4, Width], (w, x) => attention.Forward(w, x, axis));
    }

    [Fact]
    public void Cross_attention_with_a_masked_token()
    {
        var layout = new ParameterLayout();
        var attention = new CrossAttention(layout, "attn", Width, 2, hasBias: false);
        var context = randn(2, 3, Width, dtype: float64);
        var bias = tensor(new double[] { 0, -10000, 0, 0, 0, -10000 }).view(2, 1, 1, 3);
        GradientTests.Check(layout, [2, 5, Width], (w, x) => attention.Forward(w, x, context, bias));
    }

    [Fact]
    public void Patches_time_and_labels()
    {
        var layout = new ParameterLayout();
        var patches = new PatchEmbedding(layout, "proj", 3, Width, new PatchSize(2, 2, 2));
        var time = TimestepEmbedding.OfDiT(layout, "t", Width);
        var labels = new LabelTable(layout, "y", 3, 0.1, Width);
        GradientTests.Check(layout, [2, 3, 2, 4, 4], (w, x) =>
            patches.Videos(w, x) + (time.Forward(w, tensor(new[] { 3L, 700L })) + labels.Forward(w, tensor(new[] { 3L, 0L }))).unsqueeze(1));
    }

    [Fact]
    public void A_dense_layer_summed_in_pieces()
    {
        var layout = new ParameterLayout();
        var dense = new LongDense(layout, "text", 2 * 1024, 3);
        GradientTests.Check(layout, [2, 2 * 1024], dense.Forward);
    }

    [Fact]
    public void A_dense_layer_summed_in_pieces_is_a_dense_layer()
    {
        var layout = new ParameterLayout();
        var pieces = new LongDense(layout, "text", 3 * 1000, 5);
        var plain = new ParameterLayout();
        var whole = new Dense(plain, "text", 3 * 1000, 5);
        var (flat, x) = (layout.Initialise(1).to_type(float64).add_(0.1), randn(2, 2, 3000, dtype: float64));
        var difference = LargestDifference(pieces.Forward(new ParameterViews(layout, flat, float64), x), whole.Forward(new ParameterViews(plain, flat, float64), x));
        Assert.True(difference < 1e-10);
    }

    [Theory]
    [InlineData(GeluForm.Exact)]
    [InlineData(GeluForm.Tanh)]
    internal void Feed_forward(GeluForm gelu)
    {
        var layout = new ParameterLayout();
        var mlp = new FeedForward(layout, ("a", "b"), Width, 12, 6, gelu);
        GradientTests.Check(layout, [3, Width], mlp.Forward);
    }

    [Fact]
    public void The_tanh_form_of_gelu_is_the_published_formula()
    {
        var x = linspace(-4, 4, 41, dtype: float64);
        var expected = 0.5 * x * (1 + (Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x.pow(3))).tanh());
        Assert.True(LargestDifference(expected, GeluForm.Tanh.Apply(x)) < 1e-12);
        Assert.True(LargestDifference(expected, GeluForm.Exact.Apply(x)) > 1e-5);
    }
}
