using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Multi-head self-attention with one fused projection, RMS-normalised queries and keys (learned gain per head
/// dimension, Dehghani et al. 2023) and optional rotary positions. Keys: <c>{name}.qkv</c>, <c>{name}.qk_norm.weight</c>
/// [2, d], <c>{name}.proj</c>.
/// </summary>
internal sealed class Attention
{
    private readonly Dense qkv;
    private readonly int gain;
    private readonly Dense proj;
    private readonly int width;
    private readonly int heads;
    private readonly int headWidth;

    public Attention(ParameterLayout layout, string name, int width, int heads)
    {
        if (width % heads != 0)
            throw new ArgumentException($"heads ({heads}) must divide the width ({width})", nameof(heads));
        this.width = width;
        this.heads = heads;
        headWidth = width / heads;
        qkv = new Dense(layout, $"{name}.qkv", width, 3 * width);
        gain = layout.Add($"{name}.qk_norm.weight", [2, headWidth], Start.One);
        proj = new Dense(layout, $"{name}.proj", width, width);
    }

    /// <summary>
    /// [B·N, D] to [B·N, D]. <paramref name="rotation"/>: cos and sin [N, d] of <see cref="Rope3D.Tables"/> in the compute
    /// type, or null for no positions.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, long batch, long tokens, (Tensor Cos, Tensor Sin)? rotation)
    {
        var rows = batch * heads;
        // [B*N, 3D] -> [3, B*K, N, d]
        var mixed = qkv.Forward(w, x).view(batch, tokens, 3, heads, headWidth).permute(2, 0, 3, 1, 4).reshape(3, rows, tokens, headWidth);
        var unit = nn.functional.normalize(mixed.narrow(0, 0, 2), 2, -1, 1e-6);

        var fused = FusedAttention.IsFaster(x, tokens);
        // A unit vector times √d has RMS 1. The score's 1/√d leaves √d for q·k, so each side gets its root; the fused
        // kernel divides by √d once more.
        var scale = Math.Pow(headWidth, fused ? 0.5 : 0.25);
        var g = w[gain].view(2, 1, 1, headWidth).mul(HeldScalar.Of(scale));
        Tensor qk;
        if (rotation is var (cos, sin))
            qk = (unit * (g * cos)).addcmul(Rope3D.Swap(unit), Rope3D.Swap(g) * sin, HeldScalar.One);
        else
            qk = unit * g;

        var value = mixed.select(0, 2);
        var query = qk.select(0, 0);
        var key = qk.select(0, 1);
        var mixedValues = fused
            ? FusedAttention.Forward(query, key, value, batch, heads)
            : query.bmm(key.transpose(1, 2)).softmax(-1).bmm(value);
        // [B*K, N, d] -> [B*N, D]
        var joined = mixedValues.view(batch, heads, tokens, headWidth).transpose(1, 2).reshape(batch * tokens, width);
        return proj.Forward(w, joined);
    }
}
