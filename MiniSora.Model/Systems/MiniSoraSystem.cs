using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Paths;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using MiniSora.Model.Text;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>The product's own network with rectified flow: a time for every frame, given frames, text in the sequence.</summary>
internal sealed class MiniSoraSystem(BackboneOptions model, ObjectiveOptions objective, int latentChannels, Vocabulary vocabulary) : IVideoSystem
{
    private readonly MiniSoraBackbone network = new(model, latentChannels, vocabulary.Size);
    private readonly PromptEncoder prompts = new(vocabulary, model.TextLength);

    /// <inheritdoc/>
    public ParameterLayout Layout => network.Layout;

    /// <inheritdoc/>
    public bool ImagesOnly => false;

    /// <inheritdoc/>
    public bool AnySize => true;

    /// <inheritdoc/>
    public int Patch => model.Patch;

    /// <inheritdoc/>
    public TrainingBatch Prepare(StepInput input)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var plan = input.Plan;
        var data = Patches.Split(input.Latents, model.Patch);
        using var generator = new Generator(plan.NoiseSeed, CPU);
        var noise = randn(data.shape, generator: generator);
        int batch = plan.Lanes.Count, frames = (int)data.shape[1];
        var times = new float[batch, frames];
        var generated = plan.Lanes.Sum(lane => lane.Given.Count(given => !given));
        var kept = plan.Masking is { } masking ? Subset(masking, (frames + model.TemporalPatch - 1) / model.TemporalPatch, (int)data.shape[2]) : null;
        var share = 1f / ((float)generated * (kept?.Count ?? data.shape[2]) * data.shape[3]);
        var weights = new float[batch * frames];
        for (var b = 0; b < batch; b++)
        {
            for (var f = 0; f < frames; f++)
            {
                var given = plan.Lanes[b].Given[f];
                times[b, f] = given ? 0 : plan.Lanes[b].Time;
                weights[b * frames + f] = given ? 0 : share * RectifiedFlow.ErrorWeight(objective, plan.Lanes[b].Time);
            }
        }

        var mixed = RectifiedFlow.Mix(data, noise, tensor(times).view(batch, frames, 1, 1));
        var target = objective.Prediction == Prediction.Data ? data : RectifiedFlow.Velocity(data, noise);
        return new FlowBatch(
            plan.Step,
            mixed.DetachFromDisposeScope(),
            (kept is null ? target : kept.Repeated(model.TemporalPatch, frames).Of(target)).DetachFromDisposeScope(),
            tensor(weights, [batch, frames, 1, 1]).DetachFromDisposeScope(),
            FrameTimes.From(times),
            [.. input.Lanes.Select(prompts.Encode)],
            (int)input.Latents.shape[3] / model.Patch,
            (int)input.Latents.shape[4] / model.Patch,
            kept);
    }

    /// <summary>As many places of each group of frames as also divide the text's, so that text goes on in groups of that size.</summary>
    private TokenSubset Subset(TokenMasking masking, int groups, int perFrame)
    {
        var random = masking.Random;
        var text = model.TextUse == TextUse.Pooled ? 0 : (model.TextLength + perFrame - 1) / perFrame * perFrame;
        return TokenSubset.Draw(ref random, masking.MixerBlocks, groups, perFrame, TokenSubset.CountFor(masking.Ratio, perFrame, text));
    }

    /// <inheritdoc/>
    public int Evaluations(SamplerOptions options) => OdeSolver.Evaluations(SolverChoice.Of(options.Solver, objective.Kind), options.Steps);

    /// <inheritdoc/>
    public Tensor Loss(ParameterViews w, TrainingBatch batch)
    {
        var flow = (FlowBatch)batch;
        var device = w.Device;
        var captions = TextBatch.From(flow.Captions, device);
        var predicted = network.ForwardPatches(w, flow.Mixed.to(device), flow.Times, captions, flow.Rows, flow.Columns, kept: flow.Kept);
        var error = predicted.Minus(flow.Target.to(device));
        return (error * error * flow.LossWeight.to(device)).sum();
    }

    /// <inheritdoc/>
    public Tensor Sample(ParameterViews w, LatentRequest request, SamplerOptions options, Action<double> report, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var solver = SolverChoice.Of(options.Solver, objective.Kind);
        var task = request.Task;
        using var generator = new Generator(unchecked((ulong)request.Seed), CPU);
        var noise = randn(request.Shape, generator: generator).to(request.Device);
        var given = task.Given ?? new bool[request.Shape[1]];
        OdeSolver.Velocity Field(string prompt, SamplerOptions sampler, (string Prompt, float[] Weights)? second, BlockPassage? through = null) => new GuidedVelocity(
            network, w, objective.Prediction, sampler, given, prompts.Encode(prompt, request.Warn), prompts.Nothing, request.Device,
            second is { } other ? (prompts.Encode(other.Prompt, request.Warn), other.Weights) : null)
        { Through = through }.At;

        var source = task is { From: < 1, Inversion: { } shown } ? Field(shown, options with { Guidance = 1 }, null) : null;
        return WindowSampler.Sample(
            task, noise, solver, options.Steps, options.TimeShift * request.ShiftScale, request.Seed, Field(request.Prompt, options, task.Second, request.Through), source, (made, all) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                report((double)made / all);
            }, request.Watch).MoveToOuterDisposeScope();
    }

    /// <summary>Where predicted data would be divided by a time of 0, the way begins a little later.</summary>
    private const double FirstTime = 1e-3;

    /// <inheritdoc/>
    public double LogLikelihood(ParameterViews w, LikelihoodRequest request, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(request.Seed, CPU);
        var caption = TextBatch.From([prompts.Encode(request.Condition)], request.Latents.device);
        Tensor Velocity(Tensor x, double t)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var predicted = network.Forward(w, x, FrameTimes.Constant(1, (int)x.shape[1], (float)t), caption, null);
            return objective.Prediction == Prediction.Data ? RectifiedFlow.VelocityFromData(x, predicted, t) : predicted;
        }

        var from = objective.Prediction == Prediction.Data ? FirstTime : 0;
        var times = OdeGrid.Even(from, 1, request.Steps + 1, ScalarType.Float64);
        return ChangeOfVariables.LogDensity(OdeMethod.Heun, times, new Tolerance(1e-6, 1e-3), Velocity, request.Latents, request.Probe(generator)).LogDensity.item<float>();
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
