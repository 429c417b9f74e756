using MiniSora.Model.Layers;
using MiniSora.Model.Text.T5;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>transformers' T5EncoderModel, whole and in parts.</summary>
internal static class TextFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        new("t5 buckets", fixture => IsT5(fixture) && fixture.Has("in.rel"), Buckets),
        new("t5 encoder", fixture => IsT5(fixture) && fixture.Has("in.input_ids"), Encoder),
        new("t5 parts", fixture => IsT5(fixture) && fixture.Has("in.x"), Parts),
    ];

    private static bool IsT5(Fixture fixture) => fixture.Entry.Family == "t5";

    private static void Buckets(Fixture fixture, Comparison comparison)
    {
        long Number(string name, long otherwise) => fixture.Config.TryGetProperty(name, out var value) ? value.GetInt64() : otherwise;
        foreach (var (name, bidirectional) in new[] { ("out.bidirectional", true), ("out.causal", false) })
        {
            if (fixture.Has(name))
                comparison.Expect(name, RelativePositions.Buckets(fixture["in.rel"], bidirectional, Number("num_buckets", 32), Number("max_distance", 128)));
        }
    }

    private static void Encoder(Fixture fixture, Comparison comparison)
    {
        using var noGrad = no_grad();
        var options = T5Options.FromConfig(fixture.Config);
        var encoder = new T5Encoder(options);
        var stored = fixture.Weights();
        if (stored.TryGetValue("shared.weight", out var shared) && stored.TryGetValue("encoder.embed_tokens.weight", out var again))
            comparison.Require(shared.eq(again).all().item<bool>(), "the embedding's two names hold different numbers");
        using var flat = encoder.Layout.Pack(T5Encoder.Own(stored.Keys).ToDictionary(item => item.Key, item => stored[item.Value]));
        var weights = new ParameterViews(encoder.Layout, flat.to(fixture.Placement.Device), fixture.Placement.Compute);
        var ids = fixture["in.input_ids"];
        var mask = fixture.Has("in.attention_mask") ? fixture["in.attention_mask"] : null;
        comparison.Trace("out.buckets", RelativePositions.Square(ids.shape[1], true, options.Buckets, options.MaxDistance, fixture.Placement.Device));
        comparison.Trace("out.position_bias", encoder.PositionBias(weights, ids.shape[1]));
        comparison.Expect("out.last_hidden_state", encoder.Forward(weights, ids, mask, (name, value) => comparison.Trace($"mid.{name}", value)));
    }

    private static void Parts(Fixture fixture, Comparison comparison)
    {
        using var noGrad = no_grad();
        var stored = fixture.Weights();
        var epsilon = fixture.Config.TryGetProperty("layer_norm_epsilon", out var given) ? given.GetDouble() : new T5Options().Epsilon;
        Tensor Input(string name) => fixture[name].to_type(fixture.Placement.Compute);
        if (stored.TryGetValue("norm.weight", out var gain))
        {
            var layout = new ParameterLayout();
            var norm = new T5Norm(layout, "norm", gain.shape[0], epsilon);
            var weights = Views(fixture, layout, "norm");
            comparison.Expect("out.norm", norm.Forward(weights, Input("in.x")));
            if (fixture.Has("in.x_small"))
                comparison.Expect("out.norm_small", norm.Forward(weights, Input("in.x_small")));
        }

        foreach (var (name, activation) in new[] { ("ff_gated", T5Activation.GeluTanh), ("ff_relu", T5Activation.Relu) })
        {
            if (!stored.TryGetValue($"{name}.wo.weight", out var output))
                continue;
            var layout = new ParameterLayout();
            var layer = new T5FeedForward(layout, name, output.shape[0], output.shape[1], activation, stored.ContainsKey($"{name}.wi_0.weight"));
            comparison.Expect($"out.{name}", layer.Forward(Views(fixture, layout, name), Input(fixture.Has("in.x2") ? "in.x2" : "in.x")));
        }
    }

    private static ParameterViews Views(Fixture fixture, ParameterLayout layout, string part)
    {
        using var flat = layout.Pack(fixture.Weights($"{part}.").ToDictionary(item => $"{part}.{item.Key}", item => item.Value));
        return new ParameterViews(layout, flat.to(fixture.Placement.Device), fixture.Placement.Compute);
    }
}
