using MiniSora.Model.Cascade;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>LoRA over a dense layer, a 1×1 convolution and an attention, adapted as a network of these three.</summary>
internal static class CascadeLoraFixtures
{
    /// <summary>Heads of the recorded attention where the configuration does not say.</summary>
    private const int Heads = 4;

    public static void Run(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var untouched = fixture.Weights("base.");
        var layout = new ParameterLayout();
        foreach (var (name, value) in untouched)
            layout.Add(name, value.shape, Start.Zero);
        var adapter = new LowRankAdapter(layout, null, CascadeConfig.Int(fixture.Config, "rank", 16), CascadeConfig.Number(fixture.Config, "alpha", 1));
        var parametrised = fixture.Weights().Where(pair => !pair.Key.StartsWith("base.", StringComparison.Ordinal)).ToDictionary();
        var w = adapter.Merge(new ParameterViews(adapter.Layout, adapter.Layout.Pack(parametrised).to(fixture.Placement.Device), fixture.Placement.Compute));
        Tensor Effective(string name) => w[layout.Specs.ToList().FindIndex(spec => spec.Name == name)];
        Tensor Input(string name) => fixture[name].to_type(fixture.Placement.Compute);
        foreach (var name in fixture.Names("out."))
        {
            var part = name[4..];
            comparison.Expect(name, part switch
            {
                "in_proj_weight" => Effective("mha.in_proj_weight"),
                "mha" => Attention(fixture, layout, w, Input("in.mha")),
                _ when part.EndsWith("_weight", StringComparison.Ordinal) => Effective($"{part[..^"_weight".Length]}.weight"),
                _ when untouched[$"{part}.weight"].dim() == 4 => Convolution.Apply(Input($"in.{part}"), Effective($"{part}.weight"), Effective($"{part}.bias"), new Kernel(untouched[$"{part}.weight"].shape[^1])),
                _ => nn.functional.linear(Input($"in.{part}"), Effective($"{part}.weight"), Effective($"{part}.bias")),
            });
        }
    }

    /// <summary>The adapted weights through the attention of the networks: packed into its own layout.</summary>
    private static Tensor Attention(Fixture fixture, ParameterLayout layout, ParameterViews w, Tensor x)
    {
        var own = new ParameterLayout();
        var attention = new PackedAttention(own, "mha", x.shape[^1], CascadeConfig.Int(fixture.Config, "nhead", Heads));
        var names = layout.Specs.Select(spec => spec.Name).ToList();
        return attention.Forward(new ParameterViews([.. own.Specs.Select(spec => w[names.IndexOf(spec.Name)])], w.Compute), x, x);
    }
}
