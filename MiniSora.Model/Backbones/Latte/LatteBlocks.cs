using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>The blocks of a Latte in one of its variants, with the table of times added before time is first attended to.</summary>
internal sealed class LatteBlocks
{
    private readonly LatteVariant variant;
    private readonly List<DiTBlock> single = [];
    private readonly List<TwinAttentionBlock> twin = [];

    public LatteBlocks(ParameterLayout layout, string name, LatteVariant variant, int depth, int width, int heads, int hidden)
    {
        this.variant = variant;
        if (variant is LatteVariant.Interleaved or LatteVariant.LateFusion)
        {
            if (depth % 2 != 0)
                throw new ArgumentException($"blocks for space and for time come in pairs: the depth must be even, was {depth}", nameof(depth));
            for (var i = 0; i < depth; i++)
                single.Add(new DiTBlock(layout, $"{name}.{i}", width, heads, hidden));
        }
        else
        {
            for (var i = 0; i < depth; i++)
                twin.Add(new TwinAttentionBlock(layout, $"{name}.{i}", width, heads, hidden, variant == LatteVariant.ParallelAttention));
        }
    }

    /// <summary>
    /// Contiguous [B, F + I, S, D] to the same, which is a new tensor. The last <paramref name="images"/> frames are independent images: no
    /// attention over time, no row of <paramref name="times"/> [F, 1, D]. Conditions over space may differ from frame to frame. After the mixer only
    /// the <paramref name="kept"/> places go on, the same in all frames, so that each still sees itself in the others.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor times, Conditions space, Conditions time, int images, TokenSubset? kept = null)
    {
        if (images > 0 && twin.Count > 0)
            throw new ArgumentException("images beside a clip need blocks that are for space or for time alone", nameof(images));
        using var scope = NewDisposeScope();
        if (twin.Count > 0)
            x = x.Plus(times);
        for (var i = 0; i < twin.Count; i++)
        {
            var (block, choice) = (twin[i], ChoiceBefore(i));
            x = Replace(x, w.Recomputed([x, .. space.Tensors], t => block.Forward(w, choice?.Of(t[0]) ?? t[0], Conditions.Of(t.AsSpan(1)))));
        }

        var frames = x.shape[1] - images;
        for (var i = 0; i < single.Count; i++)
        {
            var (block, choice, first) = (single[i], ChoiceBefore(i), i == FirstTime);
            x = Replace(x, IsTime(i)
                ? w.Recomputed([x, times, .. time.Tensors], t => OverTime(w, block, choice?.Of(t[0]) ?? t[0], first ? t[1] : null, Conditions.Of(t.AsSpan(2)), frames, images))
                : w.Recomputed([x, .. space.Tensors], t => block.Forward(w, choice?.Of(t[0]) ?? t[0], Conditions.Of(t.AsSpan(1)), TokenAxis.Space)));
        }

        return x.MoveToOuterDisposeScope();

        TokenSubset? ChoiceBefore(int block) => block == kept?.MixerBlocks ? kept : null;

        // The tokens of a large network are its largest tensors; those of the caller stay.
        Tensor Replace(Tensor old, Tensor next)
        {
            if (scope.Contains(old))
                old.Dispose();
            return next;
        }
    }

    /// <summary>What the first block's attention over space sees of x.</summary>
    public Tensor Modulated(ParameterViews w, Tensor x, Conditions space) =>
        twin.Count > 0 ? twin[0].Modulated(w, x, space) : single[0].Modulated(w, x, space);

    private static Tensor OverTime(ParameterViews w, DiTBlock block, Tensor x, Tensor? times, Conditions time, long frames, int images)
    {
        using var scope = NewDisposeScope();
        var clip = images == 0 ? x : x.narrow(1, 0, frames).contiguous();
        if (times is not null)
            clip = clip.Plus(times);
        clip = block.Forward(w, clip, time, TokenAxis.Time);
        return (images == 0 ? clip : cat([clip, x.narrow(1, frames, images)], 1)).MoveToOuterDisposeScope();
    }

    private int FirstTime => variant == LatteVariant.Interleaved ? 1 : single.Count / 2;

    private bool IsTime(int i) => variant == LatteVariant.Interleaved ? i % 2 == 1 : i >= single.Count / 2;
}
