using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Transformer block over text and video tokens together, modulated per group of tokens (a group is one latent frame, or a
/// frame's worth of text). Keys <c>{name}.attn</c>, <c>{name}.mlp</c>.
/// </summary>
internal sealed class JointBlock
{
    private readonly Attention attn;
    private readonly FeedForward mlp;

    public JointBlock(ParameterLayout layout, string name, int width, int heads, int hidden)
    {
        attn = new Attention(layout, $"{name}.attn", width, heads);
        mlp = new FeedForward(layout, $"{name}.mlp", width, hidden);
    }

    /// <summary>
    /// x [B, G, S, D] to the same; <paramref name="m"/>: the block's six vectors, each [B, G or 1, 1, D]; rotation as in
    /// <see cref="Attention.Forward"/> over the G·S tokens.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, ReadOnlySpan<Tensor> m, (Tensor Cos, Tensor Sin) rotation)
    {
        // Much of what is computed is not needed for the backward pass; it goes here and not when the whole network is through.
        using var scope = NewDisposeScope();
        long batch = x.shape[0], tokens = x.shape[1] * x.shape[2], width = x.shape[3];
        var normed = Modulation.Apply(x, m[0], m[1]).view(batch * tokens, width);
        x = x.addcmul(m[2], attn.Forward(w, normed, batch, tokens, rotation).view_as(x), HeldScalar.One);
        normed = Modulation.Apply(x, m[3], m[4]).view(batch * tokens, width);
        return x.addcmul(m[5], mlp.Forward(w, normed).view_as(x), HeldScalar.One).MoveToOuterDisposeScope();
    }
}
