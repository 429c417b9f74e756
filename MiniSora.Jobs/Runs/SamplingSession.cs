using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;

namespace MiniSora.Jobs.Runs;

/// <summary>A loaded checkpoint that makes clips. The portal's runs and every command go through it, so that they give the same frames.</summary>
internal sealed class SamplingSession : IDisposable
{
    /// <summary>
    /// Clips per network call. On the processor one at a time: the order of additions in a matrix product depends on its size, so the last
    /// bits of a clip would otherwise depend on its neighbours. A GPU needs more to be busy.
    /// </summary>
    private const int CudaBatch = 8;

    private readonly VideoSampler sampler;
    private readonly int batch;

    private SamplingSession(VideoSampler sampler, Placement placement, ArithmeticReport arithmetic, string checkpointHash)
    {
        this.sampler = sampler;
        (Placement, Arithmetic, CheckpointHash) = (placement, arithmetic, checkpointHash);
        batch = placement.Device.type == TorchSharp.DeviceType.CUDA ? CudaBatch : 1;
    }

    public Placement Placement { get; }

    public ArithmeticReport Arithmetic { get; }

    /// <summary>SHA-256 of the checkpoint file.</summary>
    public string CheckpointHash { get; }

    public string PrecisionName => sampler.PrecisionName;

    /// <summary>Floating-point operations of one clip, by the cost model; 0 when the checkpoint names no spec that this version can read.</summary>
    public double FlopsPerClip(SamplingSpec spec) =>
        SpecYaml.Read(sampler.SpecText).Spec is TrainingSpec source ? RunEstimator.EstimateSampling(spec, source, Calibration.Uncalibrated).FlopsPerStep : 0;

    /// <summary>The training spec inside the checkpoint. Throws when it names none that this version can read.</summary>
    public TrainingSpec RequireSource() => Source ?? throw new RunFailureException("checkpoint_version", "The checkpoint names no specification that this version can read.");

    /// <summary>Loss at the ten noise levels, see <see cref="Model.Evaluation.ValidationLoss"/>.</summary>
    public IReadOnlyList<double> ValidationLosses(Model.Datasets.IVideoDataset dataset, int clips) => sampler.ValidationLosses(dataset, clips);

    /// <summary>A clip as the codec gives it back.</summary>
    public byte[] ThroughCodec(byte[] clip) => sampler.ThroughCodec(clip);

    public int Frames => sampler.Frames;

    public int Height => sampler.Height;

    public int Width => sampler.Width;

    /// <summary>The size that a spec asks for, the checkpoint's own where it says nothing.</summary>
    public ClipSize SizeOf(SizeSpec size) => new(
        size.Frames > 0 ? size.Frames : Frames, size.Height > 0 ? size.Height : Height, size.Width > 0 ? size.Width : Width);

    /// <summary>Opens the checkpoint that a spec names: by hash among the inputs, else as a file or folder.</summary>
    public static SamplingSession Open(RunContext context, SamplingSpec spec)
    {
        // Before libtorch is loaded, so that a wrong name is answered at once.
        var path = RunFailureException.RequireCheckpoint(context, spec.Checkpoint);
        var (placement, arithmetic) = SelfCheck.Require(context, spec, Precision.Auto);
        context.Phase("phase.load_checkpoint");
        return new(VideoSampler.Load(path, spec.Sampler.Ema, placement, new WeightsPlace(context.DataFolder), spec.Sampler.EmaWidth), placement, arithmetic, FileHash.Sha256(path));
    }

    /// <summary>Clips as uint8 [T, H, W, 3], in the order of the requests.</summary>
    public IEnumerable<byte[]> Make(IReadOnlyList<SampleRequest> requests, SamplerOptions options, Action<double>? progress, CancellationToken cancellationToken) =>
        Draw(requests, options, progress, cancellationToken).Select(clip => clip.Pixels);

    /// <summary>Clips of the lengths that their tasks give them, in the order of the requests.</summary>
    public IEnumerable<PixelClip> Draw(
        IReadOnlyList<SampleRequest> requests, SamplerOptions options, Action<double>? progress, CancellationToken cancellationToken, Action<SampleStep>? watch = null)
    {
        for (var done = 0; done < requests.Count; done += batch)
        {
            var some = requests.Skip(done).Take(batch).ToList();
            var before = done;
            var clips = sampler.Draw(
                some, options, new Fraction(part => progress?.Invoke((before + part * some.Count) / requests.Count)), cancellationToken,
                watch is null ? null : step => watch(step with { Clip = before + step.Clip }));
            foreach (var clip in clips)
                yield return clip;
        }
    }

    /// <summary>The spec that the checkpoint was trained by; null when it names none that this version can read.</summary>
    public TrainingSpec? Source => SpecYaml.Read(sampler.SpecText).Spec as TrainingSpec;

    /// <summary>See <see cref="VideoSampler.BitsPerDimension"/>.</summary>
    public double BitsPerDimension(Clip clip, int classNumber, bool conditional, ulong seed, int steps, CancellationToken cancellationToken) =>
        sampler.BitsPerDimension(clip, classNumber, conditional, seed, steps, cancellationToken);

    /// <summary>See <see cref="VideoSampler.CacheUse"/>.</summary>
    public (int Computed, int Skipped) CacheUse => sampler.CacheUse;

    /// <summary>What the sampler wants said, once each.</summary>
    public IEnumerable<SamplerWarning> Warnings => sampler.Warnings.DistinctBy(warning => warning.Message);

    public void Dispose() => sampler.Dispose();

    private sealed class Fraction(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
