using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// adaLN-Zero block (Peebles and Xie 2022, models.md §1.0.6). Keys <c>{name}.attn</c>, <c>{name}.mlp</c>,
/// <c>{name}.adaLN_modulation.1</c>: shift, scale and gate of attention, then of the feed-forward.
/// </summary>
internal sealed class DiTBlock
{
    private readonly Dense modulation;

    public DiTBlock(ParameterLayout layout, string name, int width, int heads, int hidden)
    {
        Attention = new SelfAttention(layout, $"{name}.attn", width, heads);
        FeedForward = new FeedForward(layout, $"{name}.mlp", width, hidden, GeluForm.Tanh);
        modulation = new Dense(layout, $"{name}.adaLN_modulation.1", width, 6L * width, Start.Zero);
    }

    /// <summary>Its attention alone.</summary>
    public SelfAttention Attention { get; }

    /// <summary>Its feed-forward alone.</summary>
    public FeedForward FeedForward { get; }

    /// <summary>What its attention sees of x [B, F, S, D].</summary>
    public Tensor Modulated(ParameterViews w, Tensor x, Conditions conditions)
    {
        using var scope = NewDisposeScope();
        var m = conditions.Vectors(w, modulation, 6, 1, 4);
        return Modulation.Apply(x, m[0], m[1]).MoveToOuterDisposeScope();
    }

    /// <summary>Contiguous [B, F, S, D] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Conditions conditions, TokenAxis axis)
    {
        using var scope = NewDisposeScope();
        var m = conditions.Vectors(w, modulation, 6, 1, 4);
        x = x.addcmul(m[2], Attention.Forward(w, Modulation.Apply(x, m[0], m[1]), axis), HeldScalar.One);
        var normed = Modulation.Apply(x, m[3], m[4]).view(-1, x.shape[^1]);
        return x.addcmul(m[5], FeedForward.Forward(w, normed).view_as(x), HeldScalar.One).MoveToOuterDisposeScope();
    }
}
