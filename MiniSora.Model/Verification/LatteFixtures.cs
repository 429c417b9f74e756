using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Latte, LatteIMG, LatteT2V and OpenDiT's video networks: forward passes, guidance, tables, layouts, gradients of a training step.</summary>
internal static class LatteFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        new("latte layouts", fixture => Is(fixture) && fixture.Entry.IsJson, Layouts),
        new("latte tables", fixture => Is(fixture) && DitFixtures.IsTables(fixture), DitFixtures.RunTables),
        new("latte text-to-video", fixture => Is(fixture) && fixture.Has("in.encoder_hidden_states"), TextToVideo),
        new("opendit network", fixture => Is(fixture) && fixture.Has("in.pooled"), OpenDiTNetwork),
        new("latte gradients", fixture => Is(fixture) && fixture.Names("grad.").Count > 0, Gradients),
        new("latte network", fixture => Is(fixture) && fixture.Has("in.x"), Network),
    ];

    private static bool Is(Fixture fixture) => fixture.Entry.Family == "latte";

    private static Latte Make(Fixture fixture)
    {
        const string Projection = "text_embedding_projection.1.weight";
        return new Latte(NetworkConfig.Latte(fixture.Config, fixture.Has(Projection) ? (int)fixture.Stored(Projection).shape[1] : null));
    }

    private static void Network(Fixture fixture, Comparison comparison)
    {
        var network = Make(fixture);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var w = fixture.Views(network.Layout);
        if (fixture.Has("out.forward"))
        {
            var images = NetworkConfig.Int(fixture.Config, "use_image_num", 0);
            var (clip, beside) = Conditions(fixture, comparison, network, images);
            comparison.Expect("out.forward", network.Forward(w, fixture["in.x"], fixture["in.t"], clip, images, beside));
        }

        var guided = fixture.Has("in.cfg_y") ? "in.cfg_y" : "in.cfg_text_embedding";
        foreach (var (name, scale) in DitFixtures.Guided(fixture))
            comparison.Expect(name, network.ForwardWithGuidance(w, fixture["in.cfg_x"], fixture["in.cfg_t"], fixture.Has(guided) ? fixture[guided] : null, scale, GuideChannels.First4));
    }

    /// <summary>Conditions of the clip and of the images beside it, labels after the recorded dropout.</summary>
    private static (Tensor? Clip, Tensor? Images) Conditions(Fixture fixture, Comparison comparison, Latte network, int images)
    {
        if (network.Labels is null)
        {
            if (!fixture.Has("in.text_embedding"))
                return (null, null);
            // The joint model has one text more than images; the first is the clip's.
            var text = fixture["in.text_embedding"];
            return images == 0 ? (text, null) : (text.narrow(1, 0, 1), text.narrow(1, 1, images));
        }

        Tensor Dropped(string labels, string uniform, string effective)
        {
            var kept = fixture.Has(uniform) ? network.Labels.DropBelow(fixture[labels], fixture[uniform]) : fixture[labels];
            if (fixture.Has(effective))
                comparison.Expect(effective, kept);
            return kept;
        }

        var draws = fixture.Has("rec.drop_u") ? "rec.drop_u" : "rec.drop_u_video";
        var after = fixture.Has("rec.effective_labels") ? "rec.effective_labels" : "rec.effective_y";
        return (Dropped("in.y", draws, after), images == 0 ? null : Dropped("in.y_image", "rec.drop_u_image", "rec.effective_y_image"));
    }

    private static void Gradients(Fixture fixture, Comparison comparison)
    {
        var network = Make(fixture);
        using var scope = NewDisposeScope();
        var flat = fixture.Pack(network.Layout).requires_grad_(true);
        var x = fixture["in.x"].requires_grad_(true);
        var w = new ParameterViews(network.Layout, flat, fixture.Placement.Compute);
        var images = NetworkConfig.Int(fixture.Config, "use_image_num", 0);
        var (clip, beside) = Conditions(fixture, comparison, network, images);
        DitFixtures.ExpectGradients(fixture, comparison, network.Layout, flat, x, network.Forward(w, x, fixture["in.t"], clip, images, beside));
    }

    private static void TextToVideo(Fixture fixture, Comparison comparison)
    {
        using var network = new LatteT2V(NetworkConfig.LatteT2V(fixture.Config, (int)fixture.Stored("caption_projection.y_embedding").shape[0]));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var mask = fixture.Has("in.encoder_attention_mask") ? fixture["in.encoder_attention_mask"] : null;
        comparison.Expect("out.forward", network.Forward(
            fixture.Views(network.Layout), fixture["in.x"], fixture["in.t"], fixture["in.encoder_hidden_states"], mask, NetworkConfig.Int(fixture.Config, "use_image_num", 0)));
    }

    private static void OpenDiTNetwork(Fixture fixture, Comparison comparison)
    {
        var network = new OpenDiT(NetworkConfig.OpenDiT(fixture.Config, (int)fixture.Stored("y_embedder.output_projection.weight").shape[1]));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var w = fixture.Views(network.Layout);
        comparison.Expect("out.forward", network.Forward(w, fixture["in.x"], fixture["in.t"], fixture["in.pooled"]));
        foreach (var (name, scale) in DitFixtures.Guided(fixture))
            comparison.Expect(name, network.ForwardWithGuidance(w, fixture["in.cfg_x"], fixture["in.cfg_t"], fixture["in.cfg_pooled"], scale, GuideChannels.First3));
    }

    private static void Layouts(Fixture fixture, Comparison comparison)
    {
        foreach (var size in fixture.Json.EnumerateObject())
        {
            var own = size.Value.TryGetProperty("config", out var config) ? config : fixture.Config;
            ParameterLayout layout;
            if (size.Name.StartsWith("LatteT2V", StringComparison.Ordinal))
            {
                using var network = new LatteT2V(NetworkConfig.LatteT2V(own, new LatteT2VOptions().CaptionTokens));
                layout = network.Layout;
            }
            else
            {
                layout = new Latte(Sized(LattePresets.Named(size.Name), NetworkConfig.Latte(own))).Layout;
            }

            DitFixtures.CompareLayout(comparison, size.Name, size.Value, layout);
        }
    }

    /// <summary>Depth, width, heads and patch by name, the rest as the arguments say.</summary>
    private static LatteOptions Sized(LatteOptions named, LatteOptions arguments) =>
        arguments with { PatchSize = named.PatchSize, HiddenSize = named.HiddenSize, Depth = named.Depth, NumHeads = named.NumHeads };
}
