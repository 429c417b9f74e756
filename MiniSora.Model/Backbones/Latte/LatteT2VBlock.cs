using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>Projected captions [B, 1 + I, L, D] of the clip and of each image, and the bias of their scores [B, 1 + I, 1, 1, L] or null.</summary>
internal readonly record struct Captions(Tensor Tokens, Tensor? Bias);

/// <summary>
/// Block of PixArt-α (Chen et al. 2023) as LatteT2V has it: shared modulation (adaLN-single) plus the block's own table, self-attention,
/// over space also cross-attention to the caption without norm or gate, feed-forward. Keys <c>{name}.scale_shift_table</c>, <c>attn1</c>,
/// <c>attn2</c>, <c>ff.net.0.proj</c>, <c>ff.net.2</c>.
/// </summary>
internal sealed class LatteT2VBlock
{
    private readonly LatteT2VOptions options;
    private readonly TokenAxis axis;
    private readonly int table;
    private readonly SelfAttention attention;
    private readonly CrossAttention? cross;
    private readonly FeedForward mlp;

    public LatteT2VBlock(ParameterLayout layout, string name, LatteT2VOptions options, TokenAxis axis)
    {
        this.options = options;
        this.axis = axis;
        var (width, heads) = (options.Width, options.NumAttentionHeads);
        table = layout.Add($"{name}.scale_shift_table", [6, width], Start.WidthNormal);
        attention = new SelfAttention(layout, $"{name}.attn1", width, heads, AttentionKeys.Separate, options.AttentionBias);
        if (axis == TokenAxis.Space)
            cross = new CrossAttention(layout, $"{name}.attn2", width, heads, options.AttentionBias);
        mlp = new FeedForward(layout, ($"{name}.ff.net.0.proj", $"{name}.ff.net.2"), width, 4L * width, width, options.Activation);
    }

    /// <summary>Contiguous [B, F + I, S, D] to the same; modulation [B, 6, D]; captions for a block over space.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor modulation, Captions captions)
    {
        using var scope = NewDisposeScope();
        var m = modulation.Plus(w[table]).view(modulation.shape[0], 6, 1, 1, options.Width).unbind(1);
        (m[1], m[4]) = (m[1].PlusOne(), m[4].PlusOne());
        x = x.addcmul(m[2], attention.Forward(w, Modulation.Apply(x, m[0], m[1], options.NormEpsilon), axis), HeldScalar.One);
        if (cross is not null)
            x = x.Plus(Cross(w, x, captions));
        var normed = Modulation.Apply(x, m[3], m[4], options.NormEpsilon).view(-1, options.Width);
        return x.addcmul(m[5], mlp.Forward(w, normed).view_as(x), HeldScalar.One).MoveToOuterDisposeScope();
    }

    /// <summary>All frames of a clip look at one caption, so they are one long sequence: its keys and values are computed once.</summary>
    private Tensor Cross(ParameterViews w, Tensor x, Captions captions)
    {
        long batch = x.shape[0], images = captions.Tokens.shape[1] - 1, frames = x.shape[1] - images, places = x.shape[2], length = captions.Tokens.shape[2];
        Tensor Part(long first, long count, long sequences) => cross!.Forward(
            w,
            x.narrow(1, first, count).reshape(batch * sequences, count / sequences * places, options.Width),
            captions.Tokens.narrow(1, first == 0 ? 0 : 1, sequences).reshape(batch * sequences, length, options.Width),
            captions.Bias?.narrow(1, first == 0 ? 0 : 1, sequences).reshape(batch * sequences, 1, 1, length)).view(batch, count, places, options.Width);
        var clip = Part(0, frames, 1);
        return images == 0 ? clip : cat([clip, Part(frames, images, images)], 1);
    }
}
