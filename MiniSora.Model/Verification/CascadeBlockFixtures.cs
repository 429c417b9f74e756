using MiniSora.Model.Cascade;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>The shared blocks of stages B and C, each alone.</summary>
internal static class CascadeBlockFixtures
{
    private const string Small = "_small";

    public static void Run(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var config = fixture.Config;
        long channels = CascadeConfig.Int(config, "c", 0), heads = CascadeConfig.Int(config, "nhead", 1);
        var self = !config.TryGetProperty("self_attn", out var given) || given.GetBoolean();
        foreach (var name in fixture.Names("out."))
        {
            // The repetition in small numbers shows the 1e-6 of the norms.
            var small = name.EndsWith(Small, StringComparison.Ordinal);
            Tensor Input(string of) => small ? fixture[of].mul(HeldScalar.Of(1e-3)) : fixture[of];
            var x = Input("in.x");
            var layout = new ParameterLayout();
            var kind = small ? name[4..^Small.Length] : name[4..];
            comparison.Expect(name, kind switch
            {
                "res" => Block(fixture, "res.", new ConvBlock(layout, "block", channels, CascadeConfig.Int(config, "c_skip", 0), Side(fixture), 0, 1), layout, x, Empty(fixture), fixture.Has("in.skip") ? Input("in.skip") : null),
                "attn" => Block(fixture, "attn.", new CrossBlock(layout, "block", channels, CascadeConfig.Int(config, "c_cond", 0), heads, self, 0), layout, x, Empty(fixture) with { Context = fixture["in.kv"] }),
                "ff" => Block(fixture, "ff.", new FeedForwardBlock(layout, "block", channels, 0, 1), layout, x, Empty(fixture)),
                "timestep" => Block(fixture, "ts.", new TimeBlock(layout, "block", channels, CascadeConfig.Int(config, "c_timestep", 0), Conditions(fixture)), layout, x, Empty(fixture) with { Time = fixture["in.t"] }),
                "grn" => Response(fixture, layout, x),
                "ln2d" => ChannelNorm.Apply(x.to_type(fixture.Placement.Compute)),
                _ => throw new FixtureException($"{name} is no block that is known"),
            });
        }
    }

    private static Tensor Response(Fixture fixture, ParameterLayout layout, Tensor x)
    {
        var norm = new ResponseNorm(layout, "block", x.shape[1]);
        return norm.Forward(Views(fixture, "grn.", layout), x.permute(0, 2, 3, 1).to_type(fixture.Placement.Compute));
    }

    private static Tensor Block(Fixture fixture, string prefix, UnetBlock block, ParameterLayout layout, Tensor x, BlockContext context, Tensor? skip = null)
    {
        var type = fixture.Placement.Compute;
        var cast = new BlockContext(context.Time.to_type(type), context.Context.to_type(type));
        return block.Forward(Views(fixture, prefix, layout), x.to_type(type), cast, skip?.to_type(type));
    }

    private static ParameterViews Views(Fixture fixture, string prefix, ParameterLayout layout)
    {
        var weights = fixture.Weights(prefix).ToDictionary(pair => $"block.{pair.Key}", pair => pair.Value);
        return new ParameterViews(layout, layout.Pack(weights).to(fixture.Placement.Device), fixture.Placement.Compute);
    }

    private static BlockContext Empty(Fixture fixture) => new(zeros(0, device: fixture.Placement.Device), zeros(0, device: fixture.Placement.Device));

    private static int Side(Fixture fixture) => (int)fixture.Stored("res.depthwise.weight").shape[^1];

    /// <summary>Names of the further numbers, in the order of the original's constructor: sca before crp, as everywhere.</summary>
    private static IReadOnlyList<string> Conditions(Fixture fixture)
    {
        const string Prefix = "mapper_";
        var order = new[] { "sca", "crp" };
        return [.. fixture.Weights("ts.").Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^".weight".Length]).OrderBy(name => Array.IndexOf(order, name) is >= 0 and var at ? at : order.Length).ThenBy(name => name, StringComparer.Ordinal)];
    }
}
