using System.Text.Json;
using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>diffusers' AutoencoderKL and AutoencoderKLTemporalDecoder, whole and in parts.</summary>
internal static class VaeFixtures
{
    private const double DivergenceShare = 1e-3;
    private const string TemporalKey = "decoder.time_conv_out.weight";
    private static readonly string[] Parts = ["mid_block", "down", "up"];

    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        new("vae layout", fixture => IsVae(fixture) && fixture.Entry.IsJson, Layout),
        new("vae parts", fixture => IsVae(fixture) && fixture.Has("in.x") && !fixture.Has("encoder.conv_in.weight") && PartsOf(fixture).Count > 0, Blocks),
        new("vae temporal decoder", fixture => IsVae(fixture) && fixture.Has(TemporalKey) && !fixture.Has("encoder.conv_in.weight"), TemporalAlone),
        new("vae gradients", fixture => IsVae(fixture) && fixture.Names("grad.").Count > 0, Gradients),
        new("vae", fixture => IsVae(fixture) && fixture.Has("encoder.conv_in.weight"), Network),
    ];

    private static bool IsVae(Fixture fixture) => fixture.Entry.Family == "vae";

    private static KlOptions Options(JsonElement config, IEnumerable<string> keys) =>
        KlOptions.FromConfig(config, keys.Contains(TemporalKey) ? KlDecoderKind.Temporal : KlDecoderKind.Image);

    private static IReadOnlyList<string> PartsOf(Fixture fixture) => [.. Parts.Where(part => fixture.Weights($"{part}.").Count > 0)];

    private static Tensor Input(Fixture fixture, string name) => fixture[name].to_type(fixture.Placement.Compute);

    private static void Layout(Fixture fixture, Comparison comparison)
    {
        foreach (var model in fixture.Json.EnumerateObject())
        {
            var config = fixture.Config.TryGetProperty(model.Name, out var own) ? own : fixture.Config;
            var wanted = model.Value.GetProperty("state_dict").EnumerateObject().ToDictionary(item => item.Name, item => item.Value.EnumerateArray().Select(size => size.GetInt64()).ToArray());
            var layout = new KlNetwork(Options(config, wanted.Keys), KlKeys.NamesOf(wanted.Keys)).Layout;
            var got = layout.Specs.ToDictionary(spec => spec.Name, spec => spec.Shape);
            foreach (var name in wanted.Keys.Except(got.Keys))
                comparison.Fail($"{model.Name}: {name} is missing");
            foreach (var name in got.Keys.Except(wanted.Keys))
                comparison.Fail($"{model.Name}: {name} should not exist");
            foreach (var (name, shape) in wanted.Where(item => got.ContainsKey(item.Key)))
                comparison.Require(shape.SequenceEqual(got[name]), $"{model.Name}: {name} is [{string.Join(", ", got[name])}], expected [{string.Join(", ", shape)}]");
            if (model.Value.TryGetProperty("params", out var count))
                comparison.Require(count.GetInt64() == layout.ParameterCount, $"{model.Name} has {layout.ParameterCount} parameters, expected {count}");
        }
    }

    private static void Blocks(Fixture fixture, Comparison comparison)
    {
        using var noGrad = no_grad();
        var style = new KlStyle(fixture.Config.GetProperty("groups").GetInt64(), Names: KlKeys.NamesOf(fixture.Weights().Keys));
        long channels = fixture.Config.GetProperty("in_channels").GetInt64(), outputs = fixture.Config.GetProperty("out_channels").GetInt64();
        foreach (var part in PartsOf(fixture))
        {
            var keys = fixture.Weights($"{part}.");
            var layers = keys.Keys.Count(key => key.StartsWith("resnets.", StringComparison.Ordinal) && key.EndsWith(".conv1.weight", StringComparison.Ordinal));
            bool Any(string prefix) => keys.Keys.Any(key => key.StartsWith(prefix, StringComparison.Ordinal));
            var layout = new ParameterLayout();
            Func<ParameterViews, Tensor, Tensor> forward = part switch
            {
                "mid_block" => new KlMiddle(layout, "part", channels, Any("attentions."), style).Forward,
                "down" => new KlDown(layout, "part", channels, outputs, layers, Any("attentions."), Any("downsamplers."), style).Forward,
                _ => new KlUp(layout, "part", channels, outputs, layers, Any("attentions."), Any("upsamplers."), style).Forward,
            };
            using var flat = layout.Pack(keys.ToDictionary(item => $"part.{item.Key}", item => item.Value));
            var weights = new ParameterViews(layout, flat.to(fixture.Placement.Device), fixture.Placement.Compute);
            var x = Input(fixture, "in.x");
            foreach (var name in fixture.Names($"out.{part}"))
            {
                if (name == $"out.{part}")
                    comparison.Expect(name, forward(weights, x));
                else if (name == $"out.{part}_small")
                    comparison.Expect(name, forward(weights, x.mul(HeldScalar.Of(1e-3))));
            }
        }
    }

    private static void TemporalAlone(Fixture fixture, Comparison comparison)
    {
        using var noGrad = no_grad();
        var config = fixture.Config;
        var options = KlOptions.FromConfig(config, KlDecoderKind.Temporal) with { LatentChannels = config.GetProperty("in_channels").GetInt64() };
        var layout = new ParameterLayout();
        var decoder = new TemporalDecoder(layout, "decoder", options, KlKeys.NamesOf(fixture.Weights().Keys));
        comparison.Expect("out.decoded", decoder.Forward(fixture.Views(layout), Input(fixture, "in.z"), Frames(config), Trace(comparison)));
    }

    private static void Network(Fixture fixture, Comparison comparison)
    {
        using var noGrad = no_grad();
        var keys = fixture.Weights().Keys.ToList();
        var network = new KlNetwork(Options(fixture.Config, keys), KlKeys.NamesOf(keys));
        var weights = fixture.Views(network.Layout);
        if (fixture.Has("in.x"))
        {
            var moments = network.Moments(weights, Input(fixture, "in.x"), Trace(comparison)).to_type(ScalarType.Float32);
            comparison.Trace("out.moments", moments);
            var posterior = GaussianPosterior.From(moments);
            comparison.Trace("out.mean", posterior.Mean);
            comparison.Trace("out.logvar", posterior.LogVariance);
            comparison.Trace("out.std", posterior.Deviation);
            comparison.Trace("out.kl", posterior.Divergence());
            if (fixture.Has("rec.eps"))
            {
                // The recorded noise also stands in for a sample whose likelihood is asked.
                comparison.Trace("out.sample", posterior.Sample(fixture["rec.eps"]));
                comparison.Trace("out.nll", posterior.NegativeLogLikelihood(fixture["rec.eps"]));
            }

            if (fixture.Has("out.mode_decoded"))
                comparison.Expect("out.mode_decoded", network.Decode(weights, posterior.Mean.to_type(weights.Compute), Frames(fixture.Config)));
        }

        if (fixture.Has("in.z"))
            comparison.Expect("out.decoded", network.Decode(weights, Input(fixture, "in.z"), Frames(fixture.Config), Trace(comparison)));
    }

    private static void Gradients(Fixture fixture, Comparison comparison)
    {
        var keys = fixture.Weights().Keys.ToList();
        var network = new KlNetwork(Options(fixture.Config, keys), KlKeys.NamesOf(keys));
        var flat = fixture.Pack(network.Layout).requires_grad_(true);
        using var grad = enable_grad();
        var weights = new ParameterViews(network.Layout, flat, fixture.Placement.Compute);
        var x = Input(fixture, "in.x");
        var posterior = GaussianPosterior.From(network.Moments(weights, x).to_type(ScalarType.Float32));
        var sample = posterior.Sample(fixture["rec.eps"]);
        var reconstruction = network.Decode(weights, sample.to_type(weights.Compute), Frames(fixture.Config));
        var error = reconstruction.to_type(ScalarType.Float32).Minus(fixture["in.x"]);
        var loss = error.mul(error).mean().Plus(posterior.Divergence().mean().mul(HeldScalar.Of(DivergenceShare)));
        comparison.Trace("out.reconstruction", reconstruction);
        comparison.Trace("out.loss", loss);
        var gradient = autograd.grad([loss], [flat])[0];
        foreach (var (name, view) in network.Layout.Named(gradient))
            comparison.Trace($"grad.{name}", view);
    }

    private static long Frames(JsonElement config) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty("num_frames", out var frames) ? frames.GetInt64() : 1;

    private static Action<string, Tensor> Trace(Comparison comparison) => (name, value) => comparison.Trace($"mid.{name}", value);
}
