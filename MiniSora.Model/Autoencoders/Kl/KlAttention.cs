using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>
/// Self-attention of one head over all pixels: x + out(softmax(q kᵀ / √C) v) of the group-normalised x.
/// Keys <c>group_norm</c> and four projections, called as <see cref="AttentionNames"/> says.
/// </summary>
internal sealed class KlAttention
{
    private readonly GroupNorm norm;
    private readonly Dense query;
    private readonly Dense key;
    private readonly Dense value;
    private readonly Dense output;

    public KlAttention(ParameterLayout layout, string name, long channels, KlStyle style)
    {
        var (q, k, v, o) = style.Names == AttentionNames.Current ? ("to_q", "to_k", "to_v", "to_out.0") : ("query", "key", "value", "proj_attn");
        norm = new GroupNorm(layout, $"{name}.group_norm", channels, style.Groups);
        query = new Dense(layout, $"{name}.{q}", channels, channels);
        key = new Dense(layout, $"{name}.{k}", channels, channels);
        value = new Dense(layout, $"{name}.{v}", channels, channels);
        output = new Dense(layout, $"{name}.{o}", channels, channels);
    }

    /// <summary>[N, C, H, W] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        using var scope = NewDisposeScope();
        long n = x.shape[0], c = x.shape[1], pixels = x.shape[2] * x.shape[3];
        var rows = norm.Forward(w, x).flatten(2).transpose(1, 2); // [N, H·W, C]
        var (q, k, v) = (query.Forward(w, rows), key.Forward(w, rows), value.Forward(w, rows));
        var mixed = FusedAttention.IsFaster(x, pixels)
            ? FusedAttention.Forward(q, k, v, n, 1)
            : q.mul(HeldScalar.Of(1 / Math.Sqrt(c))).bmm(k.transpose(1, 2)).softmax(-1).bmm(v);
        return x.Plus(output.Forward(w, mixed).transpose(1, 2).reshape(x.shape)).MoveToOuterDisposeScope();
    }
}
