using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Text;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>
/// DiT or Latte on diffusion or on an interpolant. DiT is trained on single frames; Latte on clips, with images beside them if wanted
/// (LatteIMG), which share their clip's noise level but not its noise.
/// </summary>
internal sealed class DenoisingSystem(NetworkKind kind, DenoisingNetwork network, IDenoisingObjective objective, Conditioning conditioning, FrozenText? frozen = null) : IVideoSystem
{
    /// <inheritdoc/>
    public ParameterLayout Layout => network.Layout;

    /// <inheritdoc/>
    public bool ImagesOnly => kind == NetworkKind.Dit;

    /// <summary>Its tables of positions are of one size.</summary>
    public bool AnySize => false;

    /// <summary>Already part of the one size.</summary>
    public int Patch => 1;

    /// <inheritdoc/>
    public IReadOnlyList<double> StepState => objective.StepState;

    /// <inheritdoc/>
    public void RestoreStepState(IReadOnlyList<double> numbers) => objective.RestoreStepState(numbers);

    /// <inheritdoc/>
    public void EndStep(bool good) => objective.EndStep(good);

    /// <inheritdoc/>
    public int Evaluations(SamplerOptions options) => objective.Evaluations(options);

    /// <inheritdoc/>
    public TrainingBatch Prepare(StepInput input)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var plan = input.Plan;
        using var generator = new Generator(plan.NoiseSeed, CPU);
        var noise = randn(input.Latents.shape, generator: generator);
        var times = objective.Times([.. plan.Lanes.Select(lane => lane.Uniform)]);
        var (lanes, images) = (input.Lanes.Count, input.Images.Count / input.Lanes.Count);
        var rows = Enumerable.Range(0, lanes).SelectMany(lane => input.Images.Skip(lane * images).Take(images).Prepend(input.Lanes[lane]));
        var batch = new DenoisingBatch(
            plan.Step, input.Latents.clone().DetachFromDisposeScope(), noise.DetachFromDisposeScope(), times.DetachFromDisposeScope(),
            conditioning.Encode(rows), images, 1.0 / lanes);
        if (plan.Masking is not { } masking)
            return batch;
        var (kept, weight) = network.Subset(masking, (int)input.Latents.shape[^1]);
        return batch with { Kept = kept, CellWeight = weight.DetachFromDisposeScope() };
    }

    /// <inheritdoc/>
    public Tensor Loss(ParameterViews w, TrainingBatch batch)
    {
        var given = (DenoisingBatch)batch;
        var device = w.Device;
        var features = network.Features(w, given.Conditions, device);
        var losses = objective.Loss(
            (x, t) => network.Forward(w, x, t, features, given.Images, given.Kept), given.Data.to(device), given.Noise.to(device), given.Times.to(device), given.CellWeight?.to(device));
        return losses.sum().mul(HeldScalar.Of(given.Share));
    }

    /// <inheritdoc/>
    public Tensor Sample(ParameterViews w, LatentRequest request, SamplerOptions options, Action<double> report, CancellationToken cancellationToken)
    {
        if (request.Task.Kind is { } task)
            throw new SamplingException("task_unfit", $"{kind} makes clips and images from a prompt alone; only MiniSora does more ({task}).", ("network", kind.ToString()), ("task", task));

        using var scope = NewDisposeScope();
        using var generator = new Generator(unchecked((ulong)request.Seed), CPU);
        Tensor Draw(long[] shape) => randn(shape, generator: generator).to(request.Device);
        var (both, differ) = conditioning.Encode(request.Prompt, request.Warn);
        var features = network.Features(w, both, request.Device);
        var (made, evaluations) = (0, objective.Evaluations(options));
        Tensor At(Tensor x, Tensor t)
        {
            cancellationToken.ThrowIfCancellationRequested();
            report(Math.Min(0.99, (double)made++ / evaluations));
            var level = objective.NoiseLevel(t.to_type(ScalarType.Float64).max().item<double>());
            if (!differ || options.Guidance == 1 || level < options.GuidanceLow || level > options.GuidanceHigh)
                return network.Forward(w, x, t, features?.narrow(0, 0, 1), 0, through: request.Through);
            using var inner = NewDisposeScope();
            // The first half follows the prompt also in its variance.
            var output = network.Forward(w, cat([x, x], 0), cat([t, t], 0), features, 0, through: request.Through);
            return Guidance.Apply(output, 2, options.Guidance, options.GuidanceChannels, network.Channels).narrow(0, 0, 1).MoveToOuterDisposeScope();
        }

        return objective.Sample(At, Draw(request.Shape), like => Draw(like.shape), options, request.Watch).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public double LogLikelihood(ParameterViews w, LikelihoodRequest request, CancellationToken cancellationToken)
    {
        if (objective is not InterpolantObjective interpolant)
            throw new SamplingException("likelihood_unfit", "Only rectified flow and interpolants have a likelihood.", new Dictionary<string, string>());
        using var scope = NewDisposeScope();
        using var generator = new Generator(request.Seed, CPU);
        var features = network.Features(w, conditioning.Encode([request.Condition]), request.Latents.device);
        return interpolant.LogLikelihood(
            (x, t) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                return network.Forward(w, x, t, features, 0);
            },
            request.Latents, request.Probe(generator), request.Steps).item<float>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        objective.Dispose();
        frozen?.Dispose();
    }
}
