using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// Block of Latte's variants 3 and 4: two full attentions, <c>{name}.attn</c> over space and <c>{name}.attn_temporal</c> over time, that
/// share shift, scale and gate, then <c>{name}.mlp</c>. Sequential: one after the other. Parallel: both see the same input and their
/// results are added, each channel with a learned weight of its branch and a bias (<c>{name}.fusion</c>; 1, 1 and 0 at the start). Code of these variants was
/// never published; the two attentions and the 3·D numbers of the fusion are what the paper's parameter counts leave room for.
/// </summary>
internal sealed class TwinAttentionBlock
{
    private readonly SelfAttention space;
    private readonly SelfAttention time;
    private readonly (int Weight, int Bias)? fusion;
    private readonly FeedForward mlp;
    private readonly Dense modulation;

    public TwinAttentionBlock(ParameterLayout layout, string name, int width, int heads, int hidden, bool parallel)
    {
        space = new SelfAttention(layout, $"{name}.attn", width, heads);
        time = new SelfAttention(layout, $"{name}.attn_temporal", width, heads);
        if (parallel)
            fusion = (layout.Add($"{name}.fusion.weight", [2, width], Start.One), layout.Add($"{name}.fusion.bias", [width], Start.Zero));
        mlp = new FeedForward(layout, $"{name}.mlp", width, hidden, GeluForm.Tanh);
        modulation = new Dense(layout, $"{name}.adaLN_modulation.1", width, 6L * width, Start.Zero);
    }

    /// <summary>What its attention over space sees of x [B, F, S, D].</summary>
    public Tensor Modulated(ParameterViews w, Tensor x, Conditions conditions)
    {
        using var scope = NewDisposeScope();
        var m = conditions.Vectors(w, modulation, 6, 1, 4);
        return Modulation.Apply(x, m[0], m[1]).MoveToOuterDisposeScope();
    }

    /// <summary>Contiguous [B, F, S, D] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Conditions conditions)
    {
        using var scope = NewDisposeScope();
        var m = conditions.Vectors(w, modulation, 6, 1, 4);
        var normed = Modulation.Apply(x, m[0], m[1]);
        if (fusion is var (weight, bias))
        {
            var gains = w[weight].unbind(0);
            var sum = w[bias].addcmul(space.Forward(w, normed, TokenAxis.Space), gains[0], HeldScalar.One)
                .addcmul(time.Forward(w, normed, TokenAxis.Time), gains[1], HeldScalar.One);
            x = x.addcmul(m[2], sum, HeldScalar.One);
        }
        else
        {
            x = x.addcmul(m[2], space.Forward(w, normed, TokenAxis.Space), HeldScalar.One);
            x = x.addcmul(m[2], time.Forward(w, Modulation.Apply(x, m[0], m[1]), TokenAxis.Time), HeldScalar.One);
        }

        normed = Modulation.Apply(x, m[3], m[4]).view(-1, x.shape[^1]);
        return x.addcmul(m[5], mlp.Forward(w, normed).view_as(x), HeldScalar.One).MoveToOuterDisposeScope();
    }
}
