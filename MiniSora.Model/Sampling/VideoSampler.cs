using System.Globalization;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Objectives;
using MiniSora.Model.Solvers;
using MiniSora.Model.Text;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>Draws clips from a trained model. All calls on one thread.</summary>
public sealed class VideoSampler : IDisposable
{
    private readonly MiniSoraBackbone network;
    private readonly Tensor flat;
    private readonly ParameterViews weights;
    private readonly IVideoCodec codec;
    private readonly Vocabulary vocabulary;
    private readonly ClipSize size;
    private readonly int textLength;
    private readonly Prediction prediction;
    private readonly bool owns;
    private readonly List<SamplerWarning> warnings = [];

    /// <summary>Takes over <paramref name="flat"/>; network and codec only when <paramref name="ownsCodec"/>.</summary>
    internal VideoSampler(
        MiniSoraBackbone network, Tensor flat, IVideoCodec codec, Vocabulary vocabulary, ScalarType compute, Prediction prediction, ClipSize size, int textLength, SamplerWarning? warning, bool ownsCodec)
    {
        this.network = network;
        this.flat = flat;
        this.codec = codec;
        this.vocabulary = vocabulary;
        this.size = size;
        this.textLength = textLength;
        this.prediction = prediction;
        owns = ownsCodec;
        using var _ = no_grad();
        weights = ParameterViews.Keep(network.Layout, flat, compute);
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

    /// <summary>
    /// From a checkpoint: <paramref name="ema"/> is the relative width of the copy to use, 0 the raw weights. A width
    /// that the run did not keep gives the nearest one and a warning. Throws <see cref="CheckpointException"/>.
    /// </summary>
    public static VideoSampler Load(string checkpointPath, double ema, Placement placement)
    {
        TorchRuntime.EnsureLoaded();
        using var checkpoint = Checkpoint.Open(checkpointPath);
        var description = checkpoint.Description;
        var vocabulary = description.ReadVocabulary();
        var codec = checkpoint.ReadCodec(placement);
        var network = new MiniSoraBackbone(description.Model, codec.LatentChannels, vocabulary.Size);
        var (index, warning) = EmaChoice.Pick(description.EmaWidths, ema);
        var flat = checkpoint.ReadWeights(network.Layout, index, placement.Device);
        return new VideoSampler(network, flat, codec, vocabulary, description.Compute, description.Prediction, description.Size, description.Model.TextLength, warning, ownsCodec: true)
        {
            SpecText = description.Spec,
        };
    }

    /// <summary>Clips as uint8 [T, H, W, 3], in the order of the requests.</summary>
    public byte[][] Sample(IReadOnlyList<SampleRequest> requests, SamplerOptions options, IProgress<double>? progress, CancellationToken cancellationToken) =>
        Sample(requests, options, size.Frames / codec.FramesPerLatent, progress, cancellationToken);

    /// <summary>Images as uint8 [H, W, 3]: one latent frame, of whose equal frames the first is returned.</summary>
    public byte[][] SampleImages(IReadOnlyList<SampleRequest> requests, SamplerOptions options, IProgress<double>? progress, CancellationToken cancellationToken) =>
        [.. Sample(requests, options, 1, progress, cancellationToken).Select(clip => clip[..(Height * Width * 3)])];

    /// <inheritdoc/>
    public void Dispose()
    {
        weights.Dispose();
        flat.Dispose();
        if (!owns)
            return;
        network.Dispose();
        codec.Dispose();
    }

    /// <summary>
    /// One clip at a time, whatever the number of requests: a matrix product's rounding depends on its shape, and clip 17 must
    /// be the same alone and among a hundred.
    /// </summary>
    private byte[][] Sample(IReadOnlyList<SampleRequest> requests, SamplerOptions options, int latentFrames, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var clips = new byte[requests.Count][];
        for (var i = 0; i < requests.Count; i++)
        {
            var done = i;
            clips[i] = SampleOne(requests[i], options, latentFrames, part => progress?.Report((done + part) / requests.Count), cancellationToken);
        }

        progress?.Report(1);
        return clips;
    }

    private byte[] SampleOne(SampleRequest request, SamplerOptions options, int latentFrames, Action<double> report, CancellationToken cancellationToken)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        using var latents = SampleLatents(request, options, latentFrames, report, cancellationToken);
        return ClipPixels.ToBytes(codec.Decode(latents))[0];
    }

    /// <summary>Latents [1, F, c, h, w] of one request, float32 on the device; the caller owns them.</summary>
    internal Tensor SampleLatents(SampleRequest request, SamplerOptions options, int latentFrames, Action<double> report, CancellationToken cancellationToken)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var device = flat.device;
        int height = size.Height / codec.Downsample, width = size.Width / codec.Downsample;
        using var generator = new Generator(unchecked((ulong)request.Seed), CPU);
        var noise = randn([1, latentFrames, codec.LatentChannels, height, width], generator: generator).to(device);

        var given = new bool[latentFrames];
        var start = noise;
        if (request.FirstFrame is not null)
        {
            given[0] = true;
            var still = codec.Encode(ClipPixels.ToTensor([request.FirstFrame], 1, size.Height, size.Width).to(device));
            start = latentFrames == 1 ? still : cat([still.to_type(ScalarType.Float32), noise.narrow(1, 1, latentFrames - 1)], 1);
        }

        if (!given.Contains(false))
            return start.clone().MoveToOuterDisposeScope();
        var field = new GuidedVelocity(network, weights, prediction, options, given, Encode(request.Prompt), Vocabulary.EncodeNull(textLength), device);
        var evaluations = OdeSolver.Evaluations(options.Solver, options.Steps);
        return OdeSolver.Integrate(options.Solver, start, options.Steps, options.TimeShift, field.At, made =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            report((double)made / evaluations);
        }).MoveToOuterDisposeScope();
    }

    private EncodedCaption Encode(string prompt)
    {
        var encoded = vocabulary.Encode(prompt, textLength);
        if (encoded.Wanted > encoded.Used && !warnings.Exists(warning => warning.Code == "prompt_cut" && warning.Arguments["prompt"] == prompt))
        {
            warnings.Add(new SamplerWarning(
                "prompt_cut",
                $"Only the first {encoded.Used - 2} of {encoded.Wanted - 2} tokens of the prompt were used.",
                new Dictionary<string, string>
                {
                    ["kept"] = (encoded.Used - 2).ToString(CultureInfo.InvariantCulture),
                    ["total"] = (encoded.Wanted - 2).ToString(CultureInfo.InvariantCulture),
                    ["prompt"] = prompt,
                }));
        }

        return encoded;
    }
}

/// <summary>Something a person should know. Codes: <c>prompt_cut</c> (kept, total, prompt), <c>ema_replaced</c> (wanted, used).</summary>
public sealed record SamplerWarning(string Code, string Message, IReadOnlyDictionary<string, string> Arguments);
