using System.Text.Json;
using MiniSora.Model.Cascade;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Stable Cascade: shared blocks, the three stages, semantic compressor, previewer, critic, control network, LoRA, diffusion.</summary>
internal static class CascadeFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        Runner("cascade layouts", fixture => fixture.Entry.IsJson, CascadeLayouts.Run),
        Runner("cascade diffusion tables", fixture => fixture.Names("out.schedule.").Count > 0 || fixture.Names("out.weight.").Count > 0 || fixture.Names("out.noise_cond.").Count > 0, CascadeDiffusionFixtures.Tables),
        Runner("cascade diffusion sampling", fixture => fixture.Names("out.sample.").Count > 0 || fixture.Names("out.diffuse.").Count > 0, CascadeDiffusionFixtures.Sampling),
        Runner("cascade LoRA", fixture => fixture.Weights().Keys.Any(name => name.EndsWith(".lora_down", StringComparison.Ordinal)), CascadeLoraFixtures.Run),
        Runner("cascade stage C", fixture => Configured(fixture, "c_clip_text"), StageC),
        Runner("cascade stage B", fixture => Configured(fixture, "c_effnet"), StageB),
        Runner("cascade stage A", fixture => Configured(fixture, "bottleneck_blocks"), StageA),
        Runner("cascade control network", fixture => Configured(fixture, "proj_blocks"), Control),
        Runner("cascade discriminator", fixture => fixture.Weights().ContainsKey("encoder.0.weight_orig"), Critic),
        Runner("cascade semantic compressor", fixture => fixture.Weights().ContainsKey("mapper.0.weight"), Semantic),
        Runner("cascade previewer", fixture => fixture.Weights().ContainsKey("blocks.24.weight"), Preview),
        Runner("cascade blocks", fixture => Configured(fixture, "c_timestep"), CascadeBlockFixtures.Run),
    ];

    private static FixtureRunner Runner(string name, Func<Fixture, bool> handles, Action<Fixture, Comparison> run) =>
        new(name, fixture => fixture.Entry.Family == "cascade" && handles(fixture), run);

    private static bool Configured(Fixture fixture, string name) => fixture.Config.ValueKind == JsonValueKind.Object && fixture.Config.TryGetProperty(name, out _);

    private static void StageA(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var network = new StageA(CascadeConfig.StageA(fixture.Config));
        var w = fixture.Views(network.Layout);
        if (fixture.Has("in.x"))
        {
            var image = fixture["in.x"];
            Expect(comparison, fixture, "out.encode", () => network.Encode(w, image));
            var quantized = network.EncodeQuantized(w, image);
            Expect(comparison, fixture, "out.quantized", () => quantized.Latents);
            Expect(comparison, fixture, "out.indices", () => quantized.Indices);
            Expect(comparison, fixture, "out.vq_loss", () => quantized.Loss);
            Expect(comparison, fixture, "out.roundtrip", () => network.Decode(w, quantized.Latents));
        }

        Expect(comparison, fixture, "out.decode", () => network.Decode(w, fixture["in.z"]));
    }

    private static void StageB(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var options = CascadeConfig.StageB(fixture.Config);
        var network = new StageB(options);
        var w = fixture.Views(network.Layout);
        Expect(comparison, fixture, "out.r_embedding", () => NoiseEmbedding.Of(fixture["in.r"], options.Unet.TimeFeatures));
        Expect(comparison, fixture, "out.c_embeddings", () => network.Context(w, fixture["in.clip"]));
        Expect(comparison, fixture, "out.forward", () => network.Forward(
            w, fixture["in.x"], fixture["in.r"], fixture["in.effnet"], fixture["in.clip"], fixture.Has("in.pixels") ? fixture["in.pixels"] : null, Numbers(fixture, options.Unet)));
    }

    private static void StageC(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var options = CascadeConfig.StageC(fixture.Config);
        var network = new StageC(options);
        var w = fixture.Views(network.Layout);
        var context = network.Context(w, fixture["in.clip_text"], fixture["in.clip_text_pooled"], fixture["in.clip_img"]);
        Expect(comparison, fixture, "out.r_embedding", () => NoiseEmbedding.Of(fixture["in.r"], options.Unet.TimeFeatures));
        Expect(comparison, fixture, "out.c_embeddings", () => context);
        Expect(comparison, fixture, "out.forward", () => network.Forward(w, fixture["in.x"], fixture["in.r"], context, Projections(fixture), Numbers(fixture, options.Unet)));
    }

    private static List<Tensor?>? Projections(Fixture fixture)
    {
        const string Prefix = "in.cnet.";
        var given = fixture.Names(Prefix).ToDictionary(name => int.Parse(name.AsSpan(Prefix.Length), System.Globalization.CultureInfo.InvariantCulture));
        return given.Count == 0 ? null : [.. Enumerable.Range(0, given.Keys.Max() + 1).Select(block => given.TryGetValue(block, out var name) ? fixture[name] : null)];
    }

    private static Dictionary<string, Tensor> Numbers(Fixture fixture, UnetOptions options) =>
        options.TimeConditions.Where(name => fixture.Has($"in.{name}")).ToDictionary(name => name, name => fixture[$"in.{name}"]);

    private static void Control(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var options = CascadeConfig.Control(fixture.Config);
        var network = new ControlNet(options);
        var projections = network.Forward(fixture.Views(network.Layout), fixture["in.x"]);
        foreach (var block in options.Blocks)
            comparison.Expect($"out.proj.{block}", projections[block]!);
    }

    private static void Critic(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var config = fixture.Config;
        var network = new Discriminator(new DiscriminatorOptions(
            CascadeConfig.Int(config, "c_in", 3), CascadeConfig.Int(config, "c_cond", 0), CascadeConfig.Int(config, "c_hidden", 512), CascadeConfig.Int(config, "depth", 6)));
        comparison.Expect("out.forward", network.Forward(fixture.Views(network.Layout), fixture["in.x"], fixture.Has("in.cond") ? fixture["in.cond"] : null));
    }

    private static void Semantic(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var network = new EfficientEncoder(CascadeConfig.Efficient(fixture.Config), CascadeConfig.Int(fixture.Config, "c_latent", 16));
        comparison.Expect("out.forward", network.Forward(fixture.Views(network.Layout), fixture["in.x"]));
    }

    private static void Preview(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var network = new Previewer(CascadeConfig.Int(fixture.Config, "c_in", 16), CascadeConfig.Int(fixture.Config, "c_hidden", 512), CascadeConfig.Int(fixture.Config, "c_out", 3));
        comparison.Expect("out.forward", network.Forward(fixture.Views(network.Layout), fixture["in.x"]));
    }

    /// <summary>Entries need not have every output: computes those that are there.</summary>
    internal static void Expect(Comparison comparison, Fixture fixture, string name, Func<Tensor> compute)
    {
        if (fixture.Has(name))
            comparison.Expect(name, compute());
    }
}
