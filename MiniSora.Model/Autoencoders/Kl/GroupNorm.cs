using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>Group norm with gain and bias (Wu and He 2018): keys <c>{name}.weight</c>, <c>{name}.bias</c>.</summary>
internal sealed class GroupNorm
{
    private readonly int weight;
    private readonly int bias;
    private readonly long groups;
    private readonly double epsilon;

    public GroupNorm(ParameterLayout layout, string name, long channels, long groups, double epsilon = KlStyle.Epsilon)
    {
        if (channels % groups != 0)
            throw new ArgumentException($"{name}: groups ({groups}) must divide the channels ({channels})", nameof(groups));
        this.groups = groups;
        this.epsilon = epsilon;
        weight = layout.Add($"{name}.weight", [channels], Start.One);
        bias = layout.Add($"{name}.bias", [channels], Start.Zero);
    }

    /// <summary>[N, C, …] to the same; statistics over a group's channels and all the axes behind.</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => nn.functional.group_norm(x, groups, w[weight], w[bias], epsilon);
}
