using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Multi-head self-attention of the reference models (models.md §1.0.6): biased projections, no normalised queries, no rotation.
/// Keys by <see cref="AttentionKeys"/>.
/// </summary>
internal sealed class SelfAttention
{
    private readonly Dense[] inputs;
    private readonly Dense output;
    private readonly int width;
    private readonly int heads;

    public SelfAttention(ParameterLayout layout, string name, int width, int heads, AttentionKeys keys = AttentionKeys.Joined, bool hasBias = true)
    {
        if (width % heads != 0)
            throw new ArgumentException($"heads ({heads}) must divide the width ({width})", nameof(heads));
        this.width = width;
        this.heads = heads;
        inputs = keys == AttentionKeys.Joined
            ? [new Dense(layout, $"{name}.qkv", width, 3 * width, hasBias: hasBias)]
            : [.. new[] { "to_q", "to_k", "to_v" }.Select(part => new Dense(layout, $"{name}.{part}", width, width, hasBias: hasBias))];
        output = new Dense(layout, keys == AttentionKeys.Joined ? $"{name}.proj" : $"{name}.to_out.0", width, width);
    }

    /// <summary>Contiguous [B, F, S, D] to the same, over the tokens that <paramref name="axis"/> joins.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, TokenAxis axis)
    {
        long batch = x.shape[0], frames = x.shape[1], places = x.shape[2], all = batch * frames * places, headWidth = width / heads;
        var mixed = Project(w, x.view(all, width)); // [B*F*S, 3D]
        // [3, R, K, N, d]; over time the copy that brings a place's tokens together is made here, and nowhere else.
        var parts = axis == TokenAxis.Space
            ? mixed.view(batch * frames, places, 3, heads, headWidth).permute(2, 0, 3, 1, 4)
            : mixed.view(batch, frames, places, 3, heads, headWidth).permute(3, 0, 2, 4, 1, 5).reshape(3, batch * places, heads, frames, headWidth);
        var values = ScaledAttention.Forward(parts.select(0, 0), parts.select(0, 1), parts.select(0, 2));
        var joined = axis == TokenAxis.Space
            ? values.transpose(1, 2)
            : values.view(batch, places, heads, frames, headWidth).permute(0, 3, 1, 2, 4);
        return output.Forward(w, joined.reshape(all, width)).view_as(x);
    }

    /// <summary>One product for all three also where the checkpoint has three matrices: they are far smaller than the tokens.</summary>
    private Tensor Project(ParameterViews w, Tensor x)
    {
        if (inputs.Length == 1)
            return inputs[0].Forward(w, x);
        var weight = cat([.. inputs.Select(part => part.Weight(w))], 0);
        var bias = inputs[0].Bias(w) is null ? null : cat([.. inputs.Select(part => part.Bias(w)!)], 0);
        return nn.functional.linear(x, weight, bias);
    }
}
