using System.Globalization;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Solvers;
using MiniSora.Model.Systems;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>Draws clips from a trained model. All calls on one thread.</summary>
public sealed class VideoSampler : IDisposable
{
    private readonly IVideoSource system;
    private readonly Tensor flat;
    private readonly ParameterViews weights;
    private readonly IVideoCodec codec;
    private readonly ClipSize size;
    private readonly bool owns;
    private readonly List<SamplerWarning> warnings = [];
    private CheckpointDescription? description;
    private readonly Dictionary<(SamplerOptions Options, string Shape), double> cacheFactors = [];

    /// <summary>Takes over <paramref name="flat"/>; system and codec only when <paramref name="ownsAll"/>.</summary>
    internal VideoSampler(IVideoSource system, Tensor flat, IVideoCodec codec, ScalarType compute, ClipSize size, SamplerWarning? warning, bool ownsAll)
    {
        this.system = system;
        this.flat = flat;
        this.codec = codec;
        this.size = size;
        owns = ownsAll;
        using var _ = no_grad();
        weights = ParameterViews.Keep(system.Layout, flat, compute);
        if (warning is not null)
            warnings.Add(warning);
    }

    /// <summary>Frames per clip, T.</summary>
    public int Frames => size.Frames;

    /// <summary>Height in pixels.</summary>
    public int Height => size.Height;

    /// <summary>Width in pixels.</summary>
    public int Width => size.Width;

    /// <summary>The spec that the checkpoint was trained by, as its run wrote it; empty for borrowed weights.</summary>
    public string SpecText { get; private init; } = "";

    /// <summary>Arithmetic in use, the one the checkpoint was trained with: <c>fp32</c> or <c>bf16</c>.</summary>
    public string PrecisionName => CheckpointDescription.NameOf(weights.Compute);

    /// <summary>What the caller should tell the person: a prompt was cut, another EMA copy was used.</summary>
    public IReadOnlyList<SamplerWarning> Warnings => warnings;

    /// <summary>Evaluations of the network that a step cache computed and skipped so far, its calibration not counted; both 0 without one.</summary>
    public (int Computed, int Skipped) CacheUse { get; private set; }

    /// <summary>
    /// From a checkpoint: <paramref name="ema"/> is the relative width of the copy to use, 0 the raw weights. A width
    /// that the run did not keep gives the nearest one and a warning. <paramref name="emaWidth"/>: a width to reconstruct instead, 0 for none.
    /// Throws <see cref="CheckpointException"/>.
    /// </summary>
    /// <param name="checkpointPath">The file.</param>
    /// <param name="ema">Copy of the weights.</param>
    /// <param name="placement">Device.</param>
    /// <param name="weights">Where a frozen text encoder that the checkpoint needs is found.</param>
    /// <param name="emaWidth">Width to reconstruct.</param>
    public static VideoSampler Load(string checkpointPath, double ema, Placement placement, WeightsPlace? weights = null, double emaWidth = 0)
    {
        TorchRuntime.EnsureLoaded();
        using var checkpoint = Checkpoint.Open(checkpointPath);
        var description = checkpoint.Description;
        var codec = checkpoint.ReadCodec(placement);
        var system = checkpoint.ReadSystem(codec, weights ?? WeightsPlace.None, placement);
        var (index, warning) = EmaChoice.Pick(description.Averages, ema);
        var flat = emaWidth > 0 ? null : checkpoint.ReadWeights(system.Layout, index, placement.Device);
        if (flat is null)
            (flat, warning) = checkpoint.ReadAverage(system.Layout, emaWidth, placement.Device);
        return new VideoSampler(system, flat, codec, description.Compute, description.Size, warning, ownsAll: true)
        {
            SpecText = description.Spec,
            description = description,
        };
    }

    /// <summary>The spec that a checkpoint was trained by and its step, without loading it; empty and null for a file that does not say. Throws for one that is not sound.</summary>
    public static (string Spec, long? Step) OriginOf(string checkpointPath)
    {
        using var file = SafeTensors.Open(checkpointPath);
        return (file.Metadata.GetValueOrDefault("spec", ""), long.TryParse(file.Metadata.GetValueOrDefault("step"), CultureInfo.InvariantCulture, out var step) ? step : null);
    }

    /// <summary>Clips as uint8 [T, H, W, 3], in the order of the requests.</summary>
    public byte[][] Sample(IReadOnlyList<SampleRequest> requests, SamplerOptions options, IProgress<double>? progress, CancellationToken cancellationToken) =>
        [.. Draw(requests, options, progress, cancellationToken).Select(clip => clip.Pixels)];

    /// <summary>Images as uint8 [H, W, 3], whatever the requests' tasks are.</summary>
    public byte[][] SampleImages(IReadOnlyList<SampleRequest> requests, SamplerOptions options, IProgress<double>? progress, CancellationToken cancellationToken) =>
        Sample([.. requests.Select(request => request with { Task = new ImageGeneration() })], options, progress, cancellationToken);

    /// <summary>
    /// Clips of the length that their tasks give them, in the order of the requests. One at a time, whatever the number: a matrix product's
    /// rounding depends on its shape, and clip 17 must be the same alone and among a hundred. <paramref name="watch"/> is told of every step, on this thread, and
    /// changes nothing of the clips. Throws <see cref="SamplingException"/>.
    /// </summary>
    public IReadOnlyList<PixelClip> Draw(
        IReadOnlyList<SampleRequest> requests, SamplerOptions options, IProgress<double>? progress, CancellationToken cancellationToken, Action<SampleStep>? watch = null)
    {
        var clips = new PixelClip[requests.Count];
        for (var i = 0; i < requests.Count; i++)
        {
            var done = i;
            clips[i] = DrawOne(
                requests[i], options, part => progress?.Report((done + part) / requests.Count),
                watch is null ? null : step => watch(step with { Clip = done }), cancellationToken);
        }

        progress?.Report(1);
        return clips;
    }

    /// <summary>
    /// Bits per dimension of a clip's latents, −log₂ p / number of them: of the clip with its caption, or with <paramref name="conditional"/> false under the null condition. Codecs
    /// are lossy, so this is a density of latents and compares models over one codec only. An image network is asked about the first frame.
    /// Throws <see cref="SamplingException"/> for a model without a likelihood.
    /// </summary>
    public double BitsPerDimension(Clip clip, int classNumber, bool conditional, ulong seed, int steps, CancellationToken cancellationToken)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var frames = system.ImagesOnly ? 1 : size.Frames;
        var pixels = ClipPixels.ToTensor([clip.Frames[..(frames * Height * Width * 3)]], frames, Height, Width);
        var latents = codec.Encode(pixels.to(flat.device)).to(flat.device);
        var condition = new LaneCondition(clip.Caption, classNumber, Chinese: false, Drop: !conditional);
        return -system.LogLikelihood(weights, new LikelihoodRequest(latents, condition, seed, steps), cancellationToken) / Math.Log(2) / latents.NumberOfElements;
    }

    /// <summary>
    /// Loss of the loaded weights at the ten noise levels of <see cref="ValidationLoss"/>, on clips of a dataset of the checkpoint's size. Only for a
    /// sampler of a checkpoint; none for a cascade, whose stages have losses of their own.
    /// </summary>
    public IReadOnlyList<double> ValidationLosses(IVideoDataset dataset, int clips)
    {
        var of = description ?? throw new InvalidOperationException("borrowed weights are validated by their trainer");
        var setup = new TrainerSetup(of.Seed, dataset, of.Codec, of.Model, of.Objective, new TrainingOptions(), new Placement(flat.device, weights.Compute), of.Spec, of.Software);
        if (system is not IVideoSystem trained)
            return [];
        using var loss = ValidationLoss.Of(setup, codec, trained, clips);
        return loss.At(weights);
    }

    /// <summary>A clip uint8 [T, H, W, 3] as the codec gives it back: the best that the network could draw.</summary>
    public byte[] ThroughCodec(byte[] clip)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return ClipPixels.ToBytes(codec.Decode(codec.Encode(ClipPixels.ToTensor([clip], size.Frames, Height, Width).to(flat.device))))[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        weights.Dispose();
        flat.Dispose();
        if (!owns)
            return;
        system.Dispose();
        codec.Dispose();
    }

    private PixelClip DrawOne(SampleRequest request, SamplerOptions options, Action<double> report, Action<SampleStep>? watch, CancellationToken cancellationToken)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var wanted = request.Size ?? size;
        RequireSize(wanted);
        // A network of images gives a still of the clip's length.
        var still = system.ImagesOnly && request.Task is null or TextToVideo;
        var windows = request.Task switch { ExtendForward forward => forward.Windows, ExtendBackward backward => backward.Windows, _ => 1 };
        var window = 0;
        TaskPerformer performer = null!;
        StepWatch? Watch(int before) => watch is null ? null : (step, steps, noise, data) => watch(new(0, before * steps + step, windows * steps, noise, () =>
        {
            using var inner = NewDisposeScope();
            return performer.Decode(data());
        }));
        performer = new TaskPerformer(codec, wanted, flat.device, (prompt, seed, shape, task) =>
            Latents(prompt, seed, still ? [shape[0], 1, .. shape[2..]] : shape, task, options, report, cancellationToken, Watch(window++)));
        var clip = performer.Perform(request);
        if (!still)
            return clip;
        var picture = clip.Part(0, 1);
        return picture.Then([.. Enumerable.Repeat(picture, wanted.Frames - 1)]);
    }

    /// <summary>Latents [1, F, c, h, w] of one prompt, float32 on the device; the caller owns them.</summary>
    internal Tensor Latents(string prompt, long seed, long[] shape, LatentTask task, SamplerOptions options, Action<double> report, CancellationToken cancellationToken, StepWatch? watch = null)
    {
        using var _ = no_grad();
        var own = size.LatentShape(codec);
        var moreTokens = shape[1] == 1 ? 1 : (double)(shape[1] * shape[3] * shape[4]) / (own[1] * own[3] * own[4]);
        var request = new LatentRequest(prompt, seed, shape, task, flat.device, Warn) { ShiftScale = Math.Sqrt(moreTokens), Watch = watch };
        // A trajectory that starts late or turns in time is not the one that the cache knows the changes of.
        var evaluations = options.StepCache > 0 && task is { From: >= 1, Circular: false } ? system.Evaluations(options) : 0;
        if (evaluations == 0)
            return system.Sample(weights, request, options, report, cancellationToken);
        using var cache = new StepCache(options.StepCache, CacheFactor(request, options, cancellationToken), evaluations);
        var made = system.Sample(weights, request with { Through = cache.Through }, options, report, cancellationToken);
        CacheUse = (CacheUse.Computed + cache.Computed, CacheUse.Skipped + cache.Skipped);
        return made;
    }

    /// <summary>
    /// Measured once per settings, on clips of the null condition and fixed seeds, so that a clip does not depend on those made before it.
    /// </summary>
    private double CacheFactor(LatentRequest like, SamplerOptions options, CancellationToken cancellationToken)
    {
        const int Trajectories = 2;
        var key = (options with { StepCache = 0 }, string.Join(',', like.Shape));
        if (cacheFactors.TryGetValue(key, out var factor))
            return factor;
        using var scope = NewDisposeScope();
        using var calibration = new StepCacheCalibration();
        for (var i = 0; i < Trajectories; i++)
        {
            calibration.StartTrajectory();
            system.Sample(weights, like with { Prompt = "", Seed = i, Task = LatentTask.Free, Through = calibration.Through, Watch = null }, options, _ => { }, cancellationToken);
        }

        // With a single step there is nothing to compare, nor to skip.
        return cacheFactors[key] = calibration.Pairs > 0 ? calibration.Factor : 1;
    }

    private void RequireSize(ClipSize wanted)
    {
        if (wanted == size)
            return;
        var multiple = codec.Downsample * system.Patch;
        var fits = wanted.Frames % codec.FramesPerLatent == 0 && wanted.Frames > 0 && wanted.Height % multiple == 0 && wanted.Width % multiple == 0 && Math.Min(wanted.Height, wanted.Width) > 0;
        if (!fits || !system.AnySize)
        {
            throw new SamplingException(
                "size_unfit",
                system.AnySize ? $"{wanted} cannot be sampled: frames are a multiple of {codec.FramesPerLatent}, sides of {multiple} pixels." : $"{wanted} cannot be sampled: this network knows {size} only.",
                ("size", wanted.ToString()), ("frames", $"{codec.FramesPerLatent}"), ("pixels", $"{multiple}"), ("own", size.ToString()));
        }
    }

    private void Warn(SamplerWarning warning)
    {
        if (!warnings.Exists(said => said.Code == warning.Code && said.Arguments.GetValueOrDefault("prompt") == warning.Arguments.GetValueOrDefault("prompt")))
            warnings.Add(warning);
    }
}

/// <summary>Something a person should know. Codes: <c>prompt_cut</c> (kept, total, prompt), <c>ema_replaced</c> (wanted, used), <c>ema_reconstructed</c> (width, stored, error).</summary>
public sealed record SamplerWarning(string Code, string Message, IReadOnlyDictionary<string, string> Arguments);
