using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>One clip to make.</summary>
/// <param name="Caption">What it shows; empty for the null caption.</param>
/// <param name="Seed">Of its noise.</param>
public sealed record CascadeRequest(string Caption, ulong Seed);

/// <summary>How clips are made.</summary>
public sealed record CascadeSampling
{
    /// <summary>Steps of stage C. Default 20.</summary>
    [Setting(Min = 1, Max = 1000, Unit = "steps")] public int PriorSteps { get; init; } = 20;

    /// <summary>Guidance of stage C by the caption; 1 is none. Default 4.</summary>
    [Setting(Min = 0, Max = 20)] public double PriorGuidance { get; init; } = 4;

    /// <summary>Steps of stage B. Default 10.</summary>
    [Setting(Min = 1, Max = 1000, Unit = "steps")] public int DecoderSteps { get; init; } = 10;

    /// <summary>Guidance of stage B by the semantic latent; 1 is none. Default 1.1.</summary>
    [Setting(Min = 0, Max = 20, Advanced = true)] public double DecoderGuidance { get; init; } = 1.1;
}

/// <summary>
/// Sampling C → B → A (models.md §1.3). A clip is the same for a seed whatever else is in the batch, up to rounding.
/// </summary>
public sealed class CascadePipeline : IDisposable
{
    private const int PictureToSemantic = 8;
    private const int PictureToLatent = 4;
    private readonly CascadeOptions options;
    private readonly CascadeNetworks networks;
    private readonly Placement placement;
    private readonly ParameterViews[] views;
    private Action evaluated = () => { };
    private readonly Gdf gdf = CascadeNetworks.Diffusion(new ConstantWeight());

    internal CascadePipeline(CascadeOptions options, CascadeNetworks networks, Placement placement, ParameterViews[] views)
    {
        this.options = options;
        this.networks = networks;
        this.placement = placement;
        this.views = views;
    }

    /// <summary>Told of the steps of <see cref="Sample"/>, those of C and then those of B; its clean estimates are clips. Null: nobody looks on.</summary>
    internal StepWatch? Watch { get; init; }

    private ParameterViews A => views[0];

    private ParameterViews Semantic => views[1];

    private ParameterViews B => views[2];

    private ParameterViews C => views[3];

    private ParameterViews Text => views[4];

    /// <summary>Clips [B, T, 3, H, W] in [−1, 1], float32, on the device; they belong to the current dispose scope.</summary>
    public Tensor Sample(IReadOnlyList<CascadeRequest> requests, CascadeSampling sampling, CancellationToken cancellation, Action<double>? report = null)
    {
        var (made, wanted) = (0, sampling.PriorSteps * (sampling.PriorGuidance == 1 ? 1 : 2) + sampling.DecoderSteps * (sampling.DecoderGuidance == 1 ? 1 : 2));
        evaluated = () => report?.Invoke(Math.Min(1, (double)++made / wanted));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var conditional = networks.Context(Text, C, [.. requests.Select(request => request.Caption)], placement.Device);
        var unconditional = networks.Context(Text, C, [.. requests.Select(_ => "")], placement.Device);
        long[] shape = [options.Frames, options.SemanticChannels, options.Height / PictureToSemantic, options.Width / PictureToSemantic];
        var seeds = requests.Select(request => request.Seed).ToList();
        var all = sampling.PriorSteps + sampling.DecoderSteps;
        var semantics = Run(
            CascadeStage.C, seeds, shape, sampling.PriorSteps, sampling.PriorGuidance,
            (x, level, given) => networks.Prior(C, x, level, given ? conditional : unconditional), cancellation,
            Watch is null ? null : (step, _, noise, data) => Watch(step, all, noise, () => AtAGlance(data().flatten(0, 1), seeds)));
        return Decode(
            semantics.flatten(0, 1), seeds, sampling, cancellation,
            Watch is null ? null : (step, _, noise, data) => Watch(sampling.PriorSteps + step, all, noise, () => Clips(data(), seeds.Count))).MoveToOuterDisposeScope();
    }

    /// <summary>Clips [B, T, 3, H, W] through stage A and back: the best that any sample can be.</summary>
    public Tensor Reconstruct(Tensor clips)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var frames = clips.to(placement.Device).flatten(0, 1);
        var latents = options.Latents == CascadeLatents.Codebook ? networks.A.EncodeQuantized(A, frames).Latents : networks.A.Encode(A, frames);
        return networks.A.Decode(A, latents).view(clips.shape).MoveToOuterDisposeScope();
    }

    /// <summary>Clips [B, T, 3, H, W], T = <see cref="CascadeOptions.Frames"/>, made again by stages B and A from their own semantic latents: the best that a perfect stage C would give.</summary>
    public Tensor Regenerate(Tensor clips, IReadOnlyList<ulong> seeds, CascadeSampling sampling, CancellationToken cancellation)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var semantics = networks.Semantic.Forward(Semantic, clips.to(placement.Device).flatten(0, 1));
        return Decode(semantics, seeds, sampling, cancellation).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var view in views)
            view.Dispose();
    }

    /// <summary>Semantic latents [B·F, c, h, w] to clips [B, F, 3, H, W] by stages B and A.</summary>
    private Tensor Decode(Tensor semantics, IReadOnlyList<ulong> seeds, CascadeSampling sampling, CancellationToken cancellation, StepWatch? watch = null)
    {
        var nothing = zeros_like(semantics);
        var latents = Run(
            CascadeStage.B, seeds, LatentShape, sampling.DecoderSteps, sampling.DecoderGuidance,
            (x, level, given) => networks.Decoder(B, x, level, given ? semantics : nothing), cancellation, watch);
        return Clips(latents, seeds.Count);
    }

    private long[] LatentShape => [options.Frames, options.LatentChannels, options.Height / PictureToLatent, options.Width / PictureToLatent];

    /// <summary>What stage B takes semantic latents [B·F, c, h, w] for at its first look, as clips: one evaluation instead of all its steps.</summary>
    private Tensor AtAGlance(Tensor semantics, IReadOnlyList<ulong> seeds)
    {
        using var scope = NewDisposeScope();
        var noise = Noise(CascadeLanes.SampleStart + (ulong)CascadeStage.B, seeds, 0, LatentShape);
        var logSnr = gdf.Schedule.At(1);
        var level = tensor([.. seeds.Select(_ => gdf.Condition.At(logSnr))], device: placement.Device);
        return Clips(gdf.Undiffuse(noise, [.. seeds.Select(_ => logSnr)], networks.Decoder(B, noise, level, semantics)).Image, seeds.Count).MoveToOuterDisposeScope();
    }

    /// <summary>Latents [B, F, c, h, w] through stage A.</summary>
    private Tensor Clips(Tensor latents, int count) =>
        networks.A.Decode(A, latents.flatten(0, 1)).clamp(HeldScalar.Of(-1), HeldScalar.One).view(count, options.Frames, 3, options.Height, options.Width);

    private Tensor Run(CascadeStage stage, IReadOnlyList<ulong> seeds, long[] shape, int steps, double guidance, Denoiser denoiser, CancellationToken cancellation, StepWatch? watch = null)
    {
        var sampling = new GdfSampling { Steps = steps, Guidance = guidance == 1 ? null : GuidanceRamp.Constant(guidance), RescaleEach = true };
        return GdfSampler.Run(
            gdf, (x, level, given) => Reported(denoiser(x, level, given)), Noise(CascadeLanes.SampleStart + (ulong)stage, seeds, 0, shape), sampling,
            step => Noise(CascadeLanes.SampleNoise + (ulong)stage, seeds, step, shape), watch: watch, cancellation: cancellation);
    }

    private Tensor Reported(Tensor result)
    {
        evaluated();
        return result;
    }

    /// <summary>[B, …], each sample's from its own seed, drawn on the processor.</summary>
    private Tensor Noise(ulong lane, IReadOnlyList<ulong> seeds, int step, long[] shape)
    {
        var noise = new Tensor[seeds.Count];
        for (var i = 0; i < noise.Length; i++)
        {
            using var generator = new Generator(SplitMix64.For(seeds[i], lane, (ulong)step).Next() >> 1, CPU);
            noise[i] = randn(shape, generator: generator);
        }

        return stack(noise).to(placement.Device);
    }
}
