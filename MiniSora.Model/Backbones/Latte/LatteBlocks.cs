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
    /// attention over time, no row of <paramref name="times"/> [F, 1, D]. Conditions over space may differ from frame to frame.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor times, Conditions space, Conditions time, int images)
    {
        if (images > 0 && twin.Count > 0)
            throw new ArgumentException("images beside a clip need blocks that are for space or for time alone", nameof(images));
        using var scope = NewDisposeScope();
        if (twin.Count > 0)
            x = x.Plus(times);
        foreach (var block in twin)
            x = Replace(x, block.Forward(w, x, space));
        var frames = x.shape[1] - images;
        for (var i = 0; i < single.Count; i++)
        {
            if (!IsTime(i))
            {
                x = Replace(x, single[i].Forward(w, x, space, TokenAxis.Space));
                continue;
            }

            var clip = images == 0 ? x : x.narrow(1, 0, frames).contiguous();
            if (i == FirstTime)
                clip = clip.Plus(times);
            clip = single[i].Forward(w, clip, time, TokenAxis.Time);
            x = Replace(x, images == 0 ? clip : cat([clip, x.narrow(1, frames, images)], 1));
        }

        return x.MoveToOuterDisposeScope();

        // The tokens of a large network are its largest tensors; those of the caller stay.
        Tensor Replace(Tensor old, Tensor next)
        {
            if (scope.Contains(old))
                old.Dispose();
            return next;
        }
    }

    private int FirstTime => variant == LatteVariant.Interleaved ? 1 : single.Count / 2;

    private bool IsTime(int i) => variant == LatteVariant.Interleaved ? i % 2 == 1 : i >= single.Count / 2;
}
