using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>DiT: networks, guidance, parts of a block, tables, layouts of the named sizes, gradients of a training step.</summary>
internal static partial class DitFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        new("dit layouts", fixture => Is(fixture) && fixture.Entry.IsJson, Layouts),
        new("dit tables", fixture => Is(fixture) && fixture.ResultNames.All(name => TableName().IsMatch(name)), Tables),
        new("dit block parts", fixture => Is(fixture) && fixture.Has("in.c"), BlockParts),
        new("dit gradients", fixture => Is(fixture) && fixture.Names("grad.").Count > 0, Gradients),
        new("dit network", fixture => Is(fixture) && fixture.Has("in.x"), Network),
    ];

    private static bool Is(Fixture fixture) => fixture.Entry.Family == "dit";

    private static void Network(Fixture fixture, Comparison comparison)
    {
        var network = new DiT(NetworkConfig.DiT(fixture.Config, fixture.Has("y_embedder.embedding_table.weight")));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var w = fixture.Views(network.Layout);
        Tensor? Labels(string name) => network.Labels is null ? null : fixture[name];
        if (fixture.Has("out.forward"))
            comparison.Expect("out.forward", network.Forward(w, fixture["in.x"], fixture["in.t"], Labels("in.y")));
        foreach (var (name, scale) in Guided(fixture))
            comparison.Expect(name, network.ForwardWithGuidance(w, fixture["in.cfg_x"], fixture["in.cfg_t"], fixture["in.cfg_y"], scale, GuideChannels.First3));
    }

    /// <summary>The guided results of a file with their scales.</summary>
    internal static IEnumerable<(string Name, double Scale)> Guided(Fixture fixture)
    {
        const string Prefix = "out.forward_with_cfg.";
        foreach (var name in fixture.Names(Prefix))
        {
            var index = int.Parse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture);
            using var scale = fixture.Stored("in.cfg_scales").reshape(-1)[index];
            yield return (name, scale.ToDouble());
        }
    }

    private static void BlockParts(Fixture fixture, Comparison comparison)
    {
        var config = fixture.Config;
        var defaults = new DiTOptions();
        var (width, heads) = (NetworkConfig.Int(config, "hidden_size", defaults.HiddenSize), NetworkConfig.Int(config, "num_heads", defaults.NumHeads));
        var patch = NetworkConfig.Int(config, "patch_size", defaults.PatchSize);
        var layout = new ParameterLayout();
        var block = new DiTBlock(layout, "block", width, heads, (int)(width * NetworkConfig.Number(config, "mlp_ratio", defaults.MlpRatio)));
        var final = new DiTFinalLayer(layout, "final_layer", width, (long)patch * patch * NetworkConfig.Int(config, "out_channels", defaults.OutChannels));
        var time = TimestepEmbedding.OfDiT(layout, "t_embedder", width);
        // Only the size of the table says whether the original had a null class.
        var classes = NetworkConfig.Int(config, "num_classes", defaults.NumClasses);
        var hasNull = fixture.Stored("y_embedder.embedding_table.weight").shape[0] > classes;
        var labels = new LabelTable(layout, "y_embedder", classes, hasNull ? defaults.ClassDropoutProb : 0, width);

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var w = fixture.Views(layout);
        var conditions = Conditions.One(fixture["in.c"].to_type(w.Compute));
        foreach (var input in fixture.Names("in.x"))
        {
            var ending = input["in.x".Length..];
            var x = fixture[input].to_type(w.Compute).unsqueeze(1); // [N, 1, S, D]
            comparison.Expect($"out.block{ending}", block.Forward(w, x, conditions, TokenAxis.Space).squeeze(1));
            comparison.Expect($"out.attn{ending}", block.Attention.Forward(w, x, TokenAxis.Space).squeeze(1));
            comparison.Expect($"out.mlp{ending}", block.FeedForward.Forward(w, x).squeeze(1));
            comparison.Expect($"out.final{ending}", final.Forward(w, x, conditions));
        }

        comparison.Expect("out.t_embedder", time.Forward(w, fixture["in.t"]));
        comparison.Expect("out.y_embedder", labels.Forward(w, fixture["in.y"]));
    }

    private static void Gradients(Fixture fixture, Comparison comparison)
    {
        var network = new DiT(NetworkConfig.DiT(fixture.Config, fixture.Has("y_embedder.embedding_table.weight")));
        using var scope = NewDisposeScope();
        var flat = fixture.Pack(network.Layout).requires_grad_(true);
        var x = fixture["in.x"].requires_grad_(true);
        var w = new ParameterViews(network.Layout, flat, fixture.Placement.Compute);
        Tensor? labels = null;
        if (network.Labels is not null)
        {
            labels = fixture.Has("rec.drop_u") ? network.Labels.DropBelow(fixture["in.y"], fixture["rec.drop_u"]) : fixture["in.y"];
            if (fixture.Has("rec.effective_labels"))
                comparison.Expect("rec.effective_labels", labels);
            if (fixture.Has("in.force_drop_ids"))
                comparison.Expect("out.label_embed_forced", network.Labels.Forward(w, network.Labels.Drop(fixture["in.y"], fixture["in.force_drop_ids"])));
        }

        ExpectGradients(fixture, comparison, network.Layout, flat, x, network.Forward(w, x, fixture["in.t"], labels));
    }

    /// <summary>Loss and gradients of mean(output · cotangent) with respect to the weights and x.</summary>
    internal static void ExpectGradients(Fixture fixture, Comparison comparison, ParameterLayout layout, Tensor flat, Tensor x, Tensor output)
    {
        var loss = output.mul(fixture["in.cotangent"]).mean();
        comparison.Expect("out.forward", output);
        comparison.Expect("out.loss", loss);
        var gradients = autograd.grad([loss], [flat, x]);
        comparison.Expect("grad.in.x", gradients[1]);
        foreach (var (name, gradient) in layout.Named(gradients[0]).Where(item => fixture.Has($"grad.{item.Name}")))
            comparison.Expect($"grad.{name}", gradient);
    }

    private static void Tables(Fixture fixture, Comparison comparison)
    {
        using var scope = NewDisposeScope();
        foreach (var name in fixture.ResultNames)
        {
            var match = TableName().Match(name);
            int Group(string group) => match.Groups[group].Success ? int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;
            var width = Group("width");
            comparison.Expect(name, match.Groups["kind"].Value switch
            {
                "temb" => TimestepFeatures.Of(fixture["in.t"], width, Group("period")),
                "pos1d" or "temp1d" => tensor(SinCosPositions.Line(Group("count"), width)).view(-1, width),
                _ => tensor(SinCosPositions.Grid(Group("grid"), Group("grid"), width, extra: Group("extra"))).view(-1, width),
            });
        }
    }

    /// <summary>Whether a file holds nothing but tables of positions and time features.</summary>
    internal static bool IsTables(Fixture fixture) => fixture.ResultNames.All(name => TableName().IsMatch(name));

    /// <summary>Runs a file of tables.</summary>
    internal static void RunTables(Fixture fixture, Comparison comparison) => Tables(fixture, comparison);

    private static void Layouts(Fixture fixture, Comparison comparison)
    {
        foreach (var size in fixture.Json.EnumerateObject())
        {
            var named = DiTPresets.Named(size.Name, NetworkConfig.Int(fixture.Config, "input_size", 32), NetworkConfig.Int(fixture.Config, "num_classes", 1000));
            CompareLayout(comparison, size.Name, size.Value, new DiT(named).Layout);
        }
    }

    /// <summary>Names, shapes and counts of one network.</summary>
    internal static void CompareLayout(Comparison comparison, string name, JsonElement want, ParameterLayout layout)
    {
        static string Line(string key, IEnumerable<long> shape) => $"{key} [{string.Join(", ", shape)}]";
        var wanted = want.GetProperty("state_dict").EnumerateObject().Select(entry => Line(entry.Name, entry.Value.EnumerateArray().Select(size => size.GetInt64()))).ToList();
        var got = layout.Specs.Select(spec => Line(spec.Name, spec.Shape)).ToList();
        foreach (var line in wanted.Except(got))
            comparison.Fail($"{name} lacks {line}");
        foreach (var line in got.Except(wanted))
            comparison.Fail($"{name} should not have {line}");
        if (want.TryGetProperty("trainable_params", out var trainable))
            comparison.Require(trainable.GetInt64() == layout.ParameterCount, $"{name} has {layout.ParameterCount} trainable parameters, expected {trainable}");
        if (want.TryGetProperty("params_incl_pos_embed", out var all))
            comparison.Require(all.GetInt64() == layout.Specs.Sum(spec => spec.Count), $"{name} has {layout.Specs.Sum(spec => spec.Count)} parameters with tables, expected {all}");
    }

    [GeneratedRegex(@"^out\.(?<kind>pos2d|pos2d_cls|pos1d|temp1d|temb)\.D(?<width>\d+)(\.G(?<grid>\d+))?(\.N(?<count>\d+))?(\.P(?<period>\d+))?(\.extra(?<extra>\d+))?$")]
    private static partial Regex TableName();
}
