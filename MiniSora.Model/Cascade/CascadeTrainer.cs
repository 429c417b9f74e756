using MiniSora.Model.Autoencoders;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Text;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// Trains a cascade on a dataset as one run: first stage A, then the semantic encoder with stage B, then stage C, each for its share of the steps. A step's clips and
/// noise are functions of the seed and the step. Samples make sense once stage C is being trained.
/// </summary>
internal sealed class CascadeTrainer : ITrainer
{
    private const string Weights = "model.";
    private readonly TrainerSetup setup;
    private readonly CascadeOptions options;
    private readonly Vocabulary vocabulary;
    private readonly CascadeTraining training;
    private readonly CascadeSystem system;
    private readonly PixelCodec codec = new();
    private readonly Placement placement;

    private CascadeTrainer(TrainerSetup setup, Vocabulary vocabulary, ScalarType compute)
    {
        this.setup = setup;
        this.vocabulary = vocabulary;
        placement = setup.Placement with { Compute = compute };
        options = setup.Cascade.For(setup.Model, Size) with
        {
            CaptionDropout = setup.Objective.CaptionDropout,
            LearningRate = setup.Training.LearningRate,
            WarmupSteps = setup.Training.WarmupSteps,
        };
        training = new CascadeTraining(options, vocabulary, setup.Seed, placement, setup.Training.EmaWidths);
        system = new CascadeSystem(options, training.Networks);
    }

    /// <inheritdoc/>
    public long StepNumber { get; private set; }

    /// <inheritdoc/>
    public long StartStep { get; private set; }

    /// <inheritdoc/>
    public string PrecisionName => CheckpointDescription.NameOf(placement.Compute);

    /// <inheritdoc/>
    public long ParameterCount => training.ParameterCount;

    /// <inheritdoc/>
    public bool CanSample => training.Steps(CascadeStage.C) > 0;

    /// <summary>The stage that the next step trains.</summary>
    internal CascadeStage Stage => options.StageOf(StepNumber + 1, setup.Training.Steps);

    private ClipSize Size => new(setup.Dataset.Frames, setup.Dataset.Height, setup.Dataset.Width);

    /// <summary>A new run.</summary>
    public static CascadeTrainer Create(TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        var vocabulary = VocabularyReader.Read(setup.Dataset, setup.Seed, progress, cancellationToken);
        return new CascadeTrainer(setup, vocabulary, ComputeOf(setup));
    }

    /// <summary>Goes on from a checkpoint. Throws <see cref="CheckpointException"/> when it belongs to another run.</summary>
    public static CascadeTrainer Resume(string checkpointPath, TrainerSetup setup, IProgress<TrainerPhase>? progress)
    {
        TorchRuntime.EnsureLoaded();
        progress?.Report(new TrainerPhase("phase.load_checkpoint", null));
        using var checkpoint = Checkpoint.Open(checkpointPath);
        checkpoint.Description.RequireSame(setup);
        return From(checkpoint, setup, null);
    }

    /// <summary>
    /// A new run that goes on where another one was. Its stages follow the steps, so that it takes over everything or nothing. Throws
    /// <see cref="CheckpointException"/> when the checkpoint does not fit.
    /// </summary>
    public static CascadeTrainer Fork(string checkpointPath, Carry carry, TrainerSetup setup, IProgress<TrainerPhase>? progress)
    {
        if (carry != Carry.Everything)
            throw new CheckpointException("checkpoint_mismatch", "A cascade takes over everything of a checkpoint, since its stages follow the steps.");
        TorchRuntime.EnsureLoaded();
        progress?.Report(new TrainerPhase("phase.load_checkpoint", null));
        using var checkpoint = Checkpoint.Open(checkpointPath);
        checkpoint.Description.RequireFit(setup, carry);
        return From(checkpoint, setup, checkpoint.Description.Step);
    }

    /// <param name="startStep">Where a new run begins; null for one that goes on.</param>
    private static CascadeTrainer From(Checkpoint checkpoint, TrainerSetup setup, long? startStep)
    {
        var trainer = new CascadeTrainer(setup, checkpoint.Description.ReadVocabulary(), checkpoint.Description.Compute);
        try
        {
            using var scope = NewDisposeScope();
            trainer.training.Load(checkpoint.Names.Where(name => !name.StartsWith("codec.", StringComparison.Ordinal))
                .ToDictionary(name => name.StartsWith(Weights, StringComparison.Ordinal) ? name[Weights.Length..] : name, checkpoint.Read));
            trainer.StepNumber = checkpoint.Description.Step;
            trainer.StartStep = startStep ?? checkpoint.Description.StartStep;
            return trainer;
        }
        catch
        {
            trainer.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public StepResult Step()
    {
        using var scope = NewDisposeScope();
        var stage = Stage;
        StepNumber++;
        var (clips, captions) = Batch(stage);
        var loss = training.Step(stage, clips, captions);
        if (!double.IsFinite(loss) || !double.IsFinite(training.GradientNorm))
            throw new DivergedException(StepNumber, 0);
        return new StepResult(StepNumber, loss, training.GradientNorm, training.LearningRate, false);
    }

    /// <inheritdoc/>
    public void Save(string path)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var description = CheckpointDescription.Of(setup, vocabulary, StepNumber, StepNumber, placement.Compute) with { StartStep = StartStep };
        var names = training.Parts.Select(part => part.Name + ".").ToList();
        Checkpoint.WriteState(path, description, training.Save().Select(item => (names.Any(name => item.Key.StartsWith(name, StringComparison.Ordinal)) ? Weights + item.Key : item.Key, item.Value)), codec);
    }

    /// <inheritdoc/>
    public VideoSampler BorrowSampler(double ema, double emaWidth = 0)
    {
        using var _ = no_grad();
        var (index, warning) = EmaChoice.Pick(setup.Training.EmaWidths, ema);
        var flat = cat([.. training.Parts.Select(part => index < 0 ? part.Flat : part.Averages[index])], 0).DetachFromDisposeScope();
        return new VideoSampler(system, flat, codec, placement.Compute, Size, warning, ownsAll: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        training.Dispose();
        codec.Dispose();
    }

    /// <summary>Automatic is fp32 on the processor: the convolutions of a cascade gain nothing from bf16 there.</summary>
    private static ScalarType ComputeOf(TrainerSetup setup) => setup.Training.Precision switch
    {
        Precision.Fp32 => ScalarType.Float32,
        Precision.Bf16 => ScalarType.BFloat16,
        _ => setup.Placement.Device.type == DeviceType.CPU ? ScalarType.Float32 : setup.Placement.Compute,
    };

    /// <summary>Clips [B, T, 3, H, W] and captions of this step; stage A and cascades of images see one frame of each.</summary>
    private (Tensor Clips, IReadOnlyList<string> Captions) Batch(CascadeStage stage)
    {
        var (frames, height, width) = (setup.Dataset.Frames, setup.Dataset.Height, setup.Dataset.Width);
        var plan = BatchPlan.For(setup.Seed, StepNumber, setup.Training.Batch, setup.Dataset.Count, frames, frames, setup.Objective with { MaskedFraction = 0, ImageFraction = 0 });
        var clips = plan.Lanes.Select(lane => setup.Dataset.Read(lane.ClipIndex, lane.Augmentation)).ToList();
        List<string> captions = [.. plan.Lanes.Zip(clips, (lane, clip) => new Systems.LaneCondition(clip.Caption, 0, lane.Chinese, false).Text)];
        if (stage != CascadeStage.A && options.Medium == CascadeMedium.Clips)
            return (ClipPixels.ToTensor([.. clips.Select(clip => clip.Frames)], frames, height, width), captions);
        var size = height * width * 3;
        return (ClipPixels.ToTensor([.. plan.Lanes.Zip(clips, (lane, clip) => clip.Frames.AsSpan(lane.ImageFrame * size, size).ToArray())], 1, height, width), captions);
    }
}
