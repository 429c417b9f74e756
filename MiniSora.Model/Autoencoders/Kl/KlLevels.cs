using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>One level of the encoder: residual blocks, each followed by attention where wanted, then a halving. Keys <c>resnets.i</c>, <c>attentions.i</c>, <c>downsamplers.0.conv</c>.</summary>
internal sealed class KlDown
{
    private readonly List<KlResidual> resnets = [];
    private readonly List<KlAttention> attentions = [];
    private readonly PictureConvolution? halve;

    public KlDown(ParameterLayout layout, string name, long channels, long outputs, int layers, bool attention, bool halving, KlStyle style)
    {
        for (var i = 0; i < layers; i++)
        {
            if (attention)
                attentions.Add(new KlAttention(layout, $"{name}.attentions.{i}", outputs, style));
            resnets.Add(new KlResidual(layout, $"{name}.resnets.{i}", i == 0 ? channels : outputs, outputs, style));
        }

        if (halving)
            halve = new PictureConvolution(layout, $"{name}.downsamplers.0.conv", outputs, outputs);
    }

    /// <summary>[N, C, H, W] to [N, O, H, W] or, halved, [N, O, ⌊H/2⌋, ⌊W/2⌋].</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < resnets.Count; i++)
        {
            x = resnets[i].Forward(w, x);
            if (attentions.Count > 0)
                x = attentions[i].Forward(w, x);
        }

        return (halve?.Halve(w, x) ?? x).MoveToOuterDisposeScope();
    }
}

/// <summary>One level of the decoder: as <see cref="KlDown"/>, but doubling at its end. Keys <c>resnets.i</c>, <c>attentions.i</c>, <c>upsamplers.0.conv</c>.</summary>
internal sealed class KlUp
{
    private readonly List<KlResidual> resnets = [];
    private readonly List<KlAttention> attentions = [];
    private readonly PictureConvolution? smooth;

    public KlUp(ParameterLayout layout, string name, long channels, long outputs, int layers, bool attention, bool doubling, KlStyle style)
    {
        for (var i = 0; i < layers; i++)
        {
            if (attention)
                attentions.Add(new KlAttention(layout, $"{name}.attentions.{i}", outputs, style));
            resnets.Add(new KlResidual(layout, $"{name}.resnets.{i}", i == 0 ? channels : outputs, outputs, style));
        }

        if (doubling)
            smooth = new PictureConvolution(layout, $"{name}.upsamplers.0.conv", outputs, outputs);
    }

    /// <summary>[N, C, H, W] to [N, O, H, W] or, doubled, [N, O, 2H, 2W].</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < resnets.Count; i++)
        {
            x = resnets[i].Forward(w, x);
            if (attentions.Count > 0)
                x = attentions[i].Forward(w, x);
        }

        return (smooth?.Forward(w, Doubled(x)) ?? x).MoveToOuterDisposeScope();
    }

    /// <summary>Every pixel becomes 2×2 equal ones: [N, C, H, W] to [N, C, 2H, 2W].</summary>
    public static Tensor Doubled(Tensor x)
    {
        long n = x.shape[0], c = x.shape[1], h = x.shape[2], w = x.shape[3];
        return x.view(n, c, h, 1, w, 1).expand(n, c, h, 2, w, 2).reshape(n, c, 2 * h, 2 * w);
    }
}

/// <summary>Residual block, attention where wanted, residual block. Keys <c>resnets.0</c>, <c>attentions.0</c>, <c>resnets.1</c>.</summary>
internal sealed class KlMiddle
{
    private readonly KlAttention? attention;
    private readonly KlResidual first;
    private readonly KlResidual second;

    public KlMiddle(ParameterLayout layout, string name, long channels, bool attending, KlStyle style)
    {
        if (attending)
            attention = new KlAttention(layout, $"{name}.attentions.0", channels, style);
        first = new KlResidual(layout, $"{name}.resnets.0", channels, channels, style);
        second = new KlResidual(layout, $"{name}.resnets.1", channels, channels, style);
    }

    /// <summary>[N, C, H, W] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        using var scope = NewDisposeScope();
        x = first.Forward(w, x);
        return second.Forward(w, attention?.Forward(w, x) ?? x).MoveToOuterDisposeScope();
    }
}
