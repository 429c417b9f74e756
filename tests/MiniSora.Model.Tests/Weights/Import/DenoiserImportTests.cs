using MiniSora.Model.Autoencoders;
using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Tests.Autoencoders.Kl;
using MiniSora.Model.Weights;
using MiniSora.Model.Weights.Import;
using MiniSora.Model.Weights.KeyMaps;
using TorchSharp;
using DiT = MiniSora.Model.Backbones.DiT;
using Latte = MiniSora.Model.Backbones.Latte;

namespace MiniSora.Model.Tests.Weights.Import;

public sealed class DenoiserImportTests : TorchTests, IDisposable
{
    private static readonly DiTOptions Tiny = new() { InputSize = 8, PatchSize = 2, HiddenSize = 32, Depth = 2, NumHeads = 2, NumClasses = 5 };
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder codecFolder = new();

    void IDisposable.Dispose()
    {
        folder.Dispose();
        codecFolder.Dispose();
        Dispose();
    }

    [Theory]
    [InlineData("DiT-S/2", 32)]
    [InlineData("DiT-B/4", 32)]
    [InlineData("DiT-L/8", 64)]
    [InlineData("DiT-XL/2", 32)]
    public void Every_named_size_is_known_by_its_shapes(string name, int inputSize)
    {
        var options = DiTPresets.Named(name, inputSize);
        var found = DenoiserShape.Of("DiT", Shapes(new DiT(options).Layout), null, false);
        Assert.Equal((options.Depth, options.HiddenSize, options.NumHeads, options.PatchSize), (found.Depth, found.Width, found.Heads, found.Patch));
        Assert.Equal((inputSize, 1000, true, 1), (found.LatentSize, found.Classes, found.LearnsVariance, found.Frames));
        found.Require(NetworkSize.Find(name)!, name);
        ShapeCheck.Require("DiT", found.SourceLayout(false), Shapes(new DiT(options).Layout));
        Assert.Equal("import_size", Assert.Throws<ImportException>(() => found.Require(NetworkSize.Find("DiT-S/4")!, "DiT-S/4")).Code);
    }

    [Theory]
    [InlineData(LatteVariant.Interleaved)]
    [InlineData(LatteVariant.LateFusion)]
    [InlineData(LatteVariant.SequentialAttention)]
    [InlineData(LatteVariant.ParallelAttention)]
    public void Lattes_variants_are_told_apart(LatteVariant variant)
    {
        var shapes = Shapes(new Latte(new LatteOptions { HiddenSize = 384, Depth = 12, NumHeads = 6, Variant = variant }).Layout);
        var found = DenoiserShape.Of("Latte", shapes, null, variant == LatteVariant.LateFusion);
        Assert.Equal((variant, 16, 0), (found.Variant, found.Frames, found.Classes));
        ShapeCheck.Require("Latte", found.SourceLayout(true), shapes);
    }

    [Theory]
    [InlineData("bare")]
    [InlineData("ema")]
    [InlineData("diffusers")]
    public void A_published_dit_samples_as_the_network_itself_would(string form)
    {
        var dit = new DiT(Tiny);
        var flat = Random(dit.Layout);
        var state = dit.Layout.Named(flat).ToDictionary(item => item.Name, item => item.View);
        if (form == "diffusers")
            state = DiffusersDiT.FromPublished(state);
        SafeTensors.Write(folder["in"], state.Select(item => (form == "ema" ? "module." + item.Key : item.Key, item.Value)));
        using var import = DenoiserImport.Open(folder["in"], new DenoiserRequest(DenoiserKind.Dit) { Heads = 2, LatentSize = 8 });
        using var sampler = Written(import);
        Assert.Equal((2, 16, 16), (sampler.Frames, sampler.Height, sampler.Width));
        var latents = sampler.Latents("3", 7, [1, 1, 4, 8, 8], LatentTask.Free, new SamplerOptions { Solver = SolverKind.Ddim, Steps = 2, Guidance = 1 }, _ => { }, CancellationToken.None);
        using var views = new ParameterViews(dit.Layout, flat, torch.ScalarType.Float32);
        var expected = Ddim(dit, views, 3);
        Assert.InRange(LargestDifference(expected, latents), 0, 1e-4);
        Assert.Equal(form == "diffusers" ? "diffusers layout" : "published layout", import.Report.Layout);
        Assert.Equal(dit.Layout.Specs.Count, import.Report.Mapped.Count);
    }

    [Fact]
    public void A_sit_loses_the_variance_half_that_it_never_used()
    {
        var sit = new DiT(Tiny);
        var flat = Random(sit.Layout);
        SafeTensors.Write(folder["in"], sit.Layout.Named(flat));
        using var import = DenoiserImport.Open(folder["in"], new DenoiserRequest(DenoiserKind.Sit) { Heads = 2 });
        Assert.Contains(import.Report.Skipped, skipped => skipped.Name.StartsWith("final_layer.linear", StringComparison.Ordinal));
        using var sampler = Written(import);
        // One Euler step: noise plus the velocity at time 0.
        var latents = sampler.Latents("3", 7, [1, 1, 4, 8, 8], LatentTask.Free, new SamplerOptions { Solver = SolverKind.Euler, Steps = 1, Guidance = 1 }, _ => { }, CancellationToken.None);
        using var views = new ParameterViews(sit.Layout, flat, torch.ScalarType.Float32);
        var noise = Noise();
        var velocity = sit.Forward(views, noise, torch.zeros(1), torch.tensor(new[] { 3L })).narrow(1, 0, 4);
        Assert.InRange(LargestDifference(noise + velocity, latents.squeeze(1)), 0, 1e-4);
    }

    [Fact]
    public void A_latte_becomes_a_checkpoint_of_its_frames()
    {
        var latte = new Latte(new LatteOptions { InputSize = 8, HiddenSize = 32, Depth = 2, NumHeads = 2, NumFrames = 4, Conditioning = LatteConditioning.Label, NumClasses = 3 });
        SafeTensors.Write(folder["in"], latte.Layout.Named(Random(latte.Layout)));
        using var import = DenoiserImport.Open(folder["in"], new DenoiserRequest(DenoiserKind.Latte) { Heads = 2 });
        using var sampler = Written(import, ["run", "jump", "sit"]);
        var clips = sampler.Sample([new SampleRequest("jump", 1)], new SamplerOptions { Steps = 2 }, null, CancellationToken.None);
        Assert.Equal(4 * 16 * 16 * 3, clips[0].Length);
        Assert.Equal("class_unknown", Assert.Throws<SamplingException>(() => sampler.Sample([new SampleRequest("fly", 1)], new SamplerOptions { Steps = 2 }, null, CancellationToken.None)).Code);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var dit = new DiT(Tiny);
        var state = dit.Layout.Named(Random(dit.Layout)).ToDictionary(item => item.Name, item => item.View);
        ImportException Refused(Action<Dictionary<string, torch.Tensor>> damage, DenoiserRequest? request = null)
        {
            var damaged = new Dictionary<string, torch.Tensor>(state);
            damage(damaged);
            SafeTensors.Write(folder["bad"], damaged.Select(item => (item.Key, item.Value)));
            return Assert.Throws<ImportException>(() => DenoiserImport.Open(folder["bad"], request ?? new DenoiserRequest(DenoiserKind.Dit) { Heads = 2 }));
        }

        var missing = Refused(all => all.Remove("blocks.1.mlp.fc2.bias"));
        Assert.Equal("import_keys", missing.Code);
        Assert.Contains("blocks.1.mlp.fc2.bias", missing.Arguments["detail"], StringComparison.Ordinal);
        Assert.Contains("strange", Refused(all => all["strange"] = torch.ones(1)).Message, StringComparison.Ordinal);
        Assert.Contains("t_embedder.mlp.2.bias is [3]", Refused(all => all["t_embedder.mlp.2.bias"] = torch.ones(3)).Message, StringComparison.Ordinal);
        Assert.Equal("import_keys", Refused(all => all.Remove("pos_embed")).Code);
        Assert.Equal("import_heads", Refused(_ => { }, new DenoiserRequest(DenoiserKind.Dit)).Code);
        Assert.Equal("import_text", Refused(all => all["text_embedding_projection.1.weight"] = torch.ones(1, 1), new DenoiserRequest(DenoiserKind.Latte) { Heads = 2 }).Code);
        Assert.Equal("import_size", Refused(_ => { }, new DenoiserRequest(DenoiserKind.Dit) { Heads = 2, Size = "DiT-XL/2" }).Code);
    }

    private static Dictionary<string, IReadOnlyList<long>> Shapes(ParameterLayout layout) => layout.Specs.ToDictionary(spec => spec.Name, spec => (IReadOnlyList<long>)spec.Shape);

    /// <summary>Zero gates would make every network the same.</summary>
    private static torch.Tensor Random(ParameterLayout layout)
    {
        var flat = layout.Initialise(3);
        using var generator = new torch.Generator(9);
        foreach (var (name, view) in layout.Named(flat))
        {
            if (!name.Contains("embed", StringComparison.Ordinal) || name.Contains("embedder", StringComparison.Ordinal))
                view.add_(torch.randn(view.shape, generator: generator) * 0.05);
        }

        return flat;
    }

    private static torch.Tensor Noise()
    {
        using var generator = new torch.Generator(7);
        return torch.randn([1, 1, 4, 8, 8], generator: generator).squeeze(1);
    }

    /// <summary>Two steps of DDIM by the book, on the linear schedule.</summary>
    private static torch.Tensor Ddim(DiT dit, ParameterViews views, long label)
    {
        var kept = new double[1000];
        var product = 1.0;
        for (var i = 0; i < 1000; i++)
            kept[i] = product *= 1 - (1e-4 + (0.02 - 1e-4) * i / 999);
        var x = Noise();
        foreach (var (t, next) in new[] { (999, kept[0]), (0, 1.0) })
        {
            var noise = dit.Forward(views, x, torch.tensor(new[] { (long)t }), torch.tensor(new[] { label })).narrow(1, 0, 4);
            var data = (x - Math.Sqrt(1 - kept[t]) * noise) / Math.Sqrt(kept[t]);
            x = Math.Sqrt(next) * data + Math.Sqrt(1 - next) * noise;
        }

        return x.unsqueeze(1);
    }

    private VideoSampler Written(DenoiserImport import, IReadOnlyList<string>? classes = null)
    {
        using var codec = TinyKl.Write(codecFolder, TinyKl.Image);
        import.Write(folder["out"], "", "test", classes ?? [], new CodecOptions { Kind = CodecKind.Kl }, codec);
        return VideoSampler.Load(folder["out"], 0.05, Placement.Cpu);
    }
}
