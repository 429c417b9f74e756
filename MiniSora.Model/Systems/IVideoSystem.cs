using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>Something with parameters of its own.</summary>
internal interface IParameterised
{
    /// <summary>Names, shapes and places of the parameters.</summary>
    ParameterLayout Layout { get; }
}

/// <summary>What gradients are taken of: a network and its loss. Several threads may compute losses at once.</summary>
internal interface ILossSystem : IParameterised
{
    /// <summary>Loss with its graph, a tensor of one number; losses of a batch's parts add up to the batch's.</summary>
    Tensor Loss(ParameterViews w, TrainingBatch batch);

    /// <summary>What steps change beside the parameters, for checkpoints; empty for most.</summary>
    IReadOnlyList<double> StepState => [];

    /// <summary>Takes what <see cref="StepState"/> gave.</summary>
    void RestoreStepState(IReadOnlyList<double> numbers)
    {
    }

    /// <summary>All parts of a step have been through <see cref="Loss"/>; a step that was not <paramref name="good"/> is forgotten.</summary>
    void EndStep(bool good)
    {
    }
}

/// <summary>
/// A network together with what it is trained on: what the trainer trains and the sampler draws from. Its weights are the caller's. Several
/// threads may prepare batches and compute losses at once.
/// </summary>
internal interface IVideoSystem : ILossSystem, IVideoSource
{
    /// <summary>A step's tensors, on the CPU; the caller owns them.</summary>
    TrainingBatch Prepare(StepInput input);
}

/// <summary>What clips are drawn from. Its weights are the caller's.</summary>
internal interface IVideoSource : IParameterised, IDisposable
{
    /// <summary>Whether it knows single images only: it is trained on frames, and a clip drawn from it is a still.</summary>
    bool ImagesOnly { get; }

    /// <summary>Whether clips of any length and size can be drawn, not only of those it was trained on.</summary>
    bool AnySize { get; }

    /// <summary>Edge of a patch in latent cells: sides are multiples of it.</summary>
    int Patch { get; }

    /// <summary>Evaluations of the blocks that <see cref="Sample"/> makes (an estimate where a solver chooses); 0: it knows no <see cref="LatentRequest.Through"/>.</summary>
    int Evaluations(SamplerOptions options) => 0;

    /// <summary>Latents [1, F, c, h, w], float32 on the device; the caller owns them. Throws <see cref="SamplingException"/>.</summary>
    Tensor Sample(ParameterViews w, LatentRequest request, SamplerOptions options, Action<double> report, CancellationToken cancellationToken);

    /// <summary>Log-density of latents in nats. Throws <see cref="SamplingException"/> (<c>likelihood_unfit</c>) where the model has none: only flows do.</summary>
    double LogLikelihood(ParameterViews w, LikelihoodRequest request, CancellationToken cancellationToken) => throw new SamplingException(
        "likelihood_unfit", "Only rectified flow and interpolants have a likelihood.", new Dictionary<string, string>());
}

/// <summary>One clip to draw, in latents.</summary>
/// <param name="Prompt">Text, or the name of a class.</param>
/// <param name="Seed">Of all noise.</param>
/// <param name="Shape">[1, F, c, h, w].</param>
/// <param name="Task">What is given.</param>
/// <param name="Device">Where to compute.</param>
/// <param name="Warn">Takes what the person should be told.</param>
internal sealed record LatentRequest(string Prompt, long Seed, long[] Shape, LatentTask Task, Device Device, Action<SamplerWarning> Warn)
{
    /// <summary>What stands between the network and its blocks, for example a <see cref="StepCache"/>; null: nothing.</summary>
    public BlockPassage? Through { get; init; }

    /// <summary>
    /// Factor of the sampler's time shift: the square root of how many more tokens there are than in the clips that the shift was chosen for, since more of
    /// them need more noise to lose the same layout (Esser et al. 2024, eq. 23). Default 1.
    /// </summary>
    public double ShiftScale { get; init; } = 1;

    /// <summary>Told of every step; its clean estimates are latents like the result. Null: nobody looks on.</summary>
    public StepWatch? Watch { get; init; }
}

/// <summary>Latents whose likelihood is wanted.</summary>
/// <param name="Latents">[1, F, c, h, w], float32 on the device.</param>
/// <param name="Condition">What the network is told of them.</param>
/// <param name="Seed">Of the probes.</param>
/// <param name="Steps">Steps of Heun's rule.</param>
internal sealed record LikelihoodRequest(Tensor Latents, LaneCondition Condition, ulong Seed, int Steps)
{
    /// <summary>Draws ±1 of a shape, a function of the seed.</summary>
    public Objectives.NoiseDraw Probe(Generator generator) => like => randint(0, 2, like.shape, ScalarType.Float32, generator: generator).mul(HeldScalar.Of(2)).add(HeldScalar.Of(-1), HeldScalar.One).to(like.device);
}
