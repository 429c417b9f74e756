using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>What the blocks of a level may read besides the activations.</summary>
/// <param name="Time">Embeddings of noise level and further numbers, [B, (1 + conditions)·c_r].</param>
/// <param name="Context">Condition tokens [B, L, c_cond].</param>
/// <param name="Dropout">Source of dropout masks in training; null in evaluation.</param>
internal sealed record BlockContext(Tensor Time, Tensor Context, Generator? Dropout = null);

/// <summary>One letter of a level's configuration: [B, C, H, W] to the same.</summary>
internal abstract class UnetBlock
{
    /// <summary><paramref name="skip"/>: output of the level on the way down, for the first block of a level on the way up.</summary>
    public abstract Tensor Forward(ParameterViews w, Tensor x, BlockContext context, Tensor? skip = null);
}

/// <summary>
/// Global response norm (Woo et al. 2023, ConvNeXt V2 §3): every channel's norm over the image, relative to the mean of all channels,
/// scales the channel. Keys <c>{name}.gamma</c>, <c>{name}.beta</c> [1, 1, 1, C]; the identity at the start. The ε of 1e-6 stands in the denominator.
/// </summary>
internal sealed class ResponseNorm
{
    private readonly int gamma;
    private readonly int beta;

    public ResponseNorm(ParameterLayout layout, string name, long channels)
    {
        gamma = layout.Add($"{name}.gamma", [1, 1, 1, channels], Start.Zero);
        beta = layout.Add($"{name}.beta", [1, 1, 1, channels], Start.Zero);
    }

    /// <summary>[B, H, W, C] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        var norm = x.flatten(1, 2).norm(1, keepdim: true, p: 2f).unsqueeze(1); // [B, 1, 1, C]
        var relative = norm / norm.mean([-1], keepdim: true).add(HeldScalar.Of(1e-6), HeldScalar.One);
        return x.Plus(w[beta]).addcmul(x * relative, w[gamma], HeldScalar.One);
    }
}

/// <summary>Linear, GELU (erf), response norm, dropout, linear over channels: keys <c>{name}.0</c>, <c>.2</c>, <c>.4</c>. The last weight is scaled at the start.</summary>
internal sealed class ChannelMlp
{
    private readonly Linear first;
    private readonly ResponseNorm norm;
    private readonly Linear last;
    private readonly double dropout;

    public ChannelMlp(ParameterLayout layout, string name, long inputs, long channels, double dropout, double lastGain)
    {
        this.dropout = dropout;
        first = new Linear(layout, $"{name}.0", inputs, 4 * channels);
        norm = new ResponseNorm(layout, $"{name}.2", 4 * channels);
        last = new Linear(layout, $"{name}.4", 4 * channels, channels, Initial.Xavier, lastGain);
    }

    /// <summary>[B, H, W, in] to [B, H, W, C].</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Generator? masks) =>
        last.Forward(w, Dropout.Apply(norm.Forward(w, nn.functional.gelu(first.Forward(w, x))), dropout, masks));
}

/// <summary>
/// Letter C: x + MLP([LN(depthwise(x)), skip]). Keys <c>{name}.depthwise</c>, <c>{name}.channelwise</c>.
/// </summary>
internal sealed class ConvBlock : UnetBlock
{
    private readonly Convolution depthwise;
    private readonly ChannelMlp channelwise;

    public ConvBlock(ParameterLayout layout, string name, long channels, long skip, long kernel, double dropout, double lastGain)
    {
        depthwise = new Convolution(layout, $"{name}.depthwise", channels, channels, new Kernel(kernel, 1, kernel / 2, Depthwise: true), Initial.Xavier);
        channelwise = new ChannelMlp(layout, $"{name}.channelwise", channels + skip, channels, dropout, lastGain);
    }

    public override Tensor Forward(ParameterViews w, Tensor x, BlockContext context, Tensor? skip = null)
    {
        var mixed = ChannelNorm.Last(depthwise.Forward(w, x).permute(0, 2, 3, 1));
        if (skip is not null)
            mixed = cat([mixed, skip.permute(0, 2, 3, 1)], -1);
        return x.Plus(channelwise.Forward(w, mixed, context.Dropout).permute(0, 3, 1, 2));
    }
}

/// <summary>Letter F: x + MLP(LN(x)). Keys <c>{name}.channelwise</c>.</summary>
internal sealed class FeedForwardBlock : UnetBlock
{
    private readonly ChannelMlp channelwise;

    public FeedForwardBlock(ParameterLayout layout, string name, long channels, double dropout, double lastGain) =>
        channelwise = new ChannelMlp(layout, $"{name}.channelwise", channels, channels, dropout, lastGain);

    public override Tensor Forward(ParameterViews w, Tensor x, BlockContext context, Tensor? skip = null) =>
        x.Plus(channelwise.Forward(w, ChannelNorm.Last(x.permute(0, 2, 3, 1)), context.Dropout).permute(0, 3, 1, 2));
}

/// <summary>
/// Letter T: x·(1 + a) + b, where a and b are sums over the noise level and every further number of a linear map of its embedding.
/// Keys <c>{name}.mapper</c>, <c>{name}.mapper_{condition}</c>. All maps start at zero, so that the block begins as the identity.
/// </summary>
internal sealed class TimeBlock : UnetBlock
{
    private readonly Linear[] mappers;

    public TimeBlock(ParameterLayout layout, string name, long channels, long features, IReadOnlyList<string> conditions) =>
        mappers = [.. conditions.Select(condition => $"_{condition}").Prepend("").Select(suffix => new Linear(layout, $"{name}.mapper{suffix}", features, 2 * channels, Initial.Zero))];

    public override Tensor Forward(ParameterViews w, Tensor x, BlockContext context, Tensor? skip = null)
    {
        var parts = context.Time.chunk(mappers.Length, 1);
        var sum = mappers[0].Forward(w, parts[0]);
        for (var i = 1; i < mappers.Length; i++)
            sum = sum.Plus(mappers[i].Forward(w, parts[i]));
        var halves = sum.unsqueeze(-1).unsqueeze(-1).chunk(2, 1); // two of [B, C, 1, 1]
        return halves[1].addcmul(x, halves[0].PlusOne(), HeldScalar.One);
    }
}

/// <summary>
/// Letter A: x + attention(LN(x)) whose keys and values are the condition tokens and, with self-attention, the pixels before them.
/// Keys <c>{name}.kv_mapper.1</c>, <c>{name}.attention.attn</c>.
/// </summary>
internal sealed class CrossBlock : UnetBlock
{
    private readonly Linear mapper;
    private readonly PackedAttention attention;
    private readonly bool self;

    public CrossBlock(ParameterLayout layout, string name, long channels, long condition, long heads, bool self, double dropout)
    {
        this.self = self;
        attention = new PackedAttention(layout, $"{name}.attention.attn", channels, heads, dropout);
        mapper = new Linear(layout, $"{name}.kv_mapper.1", condition, channels);
    }

    public override Tensor Forward(ParameterViews w, Tensor x, BlockContext context, Tensor? skip = null)
    {
        var tokens = ChannelNorm.Last(x.flatten(2).transpose(1, 2)); // [B, H*W, C]
        var keys = mapper.Forward(w, nn.functional.silu(context.Context));
        if (self)
            keys = cat([tokens, keys], 1);
        return x.Plus(attention.Forward(w, tokens, keys, context.Dropout).transpose(1, 2).reshape(x.shape));
    }
}
