using System.Globalization;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using MiniSora.Model.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>The improved DDPM process (models.md §1.0.9): 1,000 steps, their times drawn evenly, sampling in as many as wanted.</summary>
internal sealed class DiffusionObjective : IDenoisingObjective
{
    private const int TrainingSteps = 1000;
    private readonly ObjectiveOptions objective;
    private readonly DiffusionOptions options;
    private readonly GaussianDiffusion diffusion;
    private readonly DiffusionLoss loss;
    private readonly AdaptiveBucketWeight? adaptive;
    private readonly double[] logSnr;
    private readonly List<(double LogSnr, double Error)> seen = [];
    private readonly Lock gate = new();

    public DiffusionObjective(ObjectiveOptions objective)
    {
        this.objective = objective;
        options = new DiffusionOptions
        {
            Mean = objective.Prediction switch
            {
                Prediction.Noise => MeanKind.Noise,
                Prediction.Data => MeanKind.Data,
                Prediction.Velocity => MeanKind.Velocity,
                _ => throw new ArgumentException($"diffusion does not predict {objective.Prediction}", nameof(objective)),
            },
            Variance = objective.Variance,
            Weighting = objective.Weighting,
            ChannelAxis = 2,
        };
        diffusion = new GaussianDiffusion(DiffusionProcess.Of(objective.NoiseSchedule, TrainingSteps), options);
        loss = new DiffusionLoss(diffusion);
        adaptive = objective.Weighting == ErrorWeighting.Adaptive ? new AdaptiveBucketWeight() : null;
        logSnr = [.. diffusion.Tables.Snr.Values.Select(snr => Math.Log(snr))];
    }

    /// <inheritdoc/>
    public bool LearnsVariance => options.LearnsVariance;

    /// <inheritdoc/>
    public Tensor Times(float[] uniform) => tensor(Array.ConvertAll(uniform, u => Math.Min(TrainingSteps - 1, (long)(u * TrainingSteps))));

    /// <inheritdoc/>
    public Tensor Loss(Predict predict, Tensor data, Tensor noise, Tensor t, Tensor? cellWeight = null) =>
        loss.Training(predict, data, t, noise, cellWeight, adaptive is null ? null : error => AdaptiveWeights(error, t)).Total;

    /// <inheritdoc/>
    public IReadOnlyList<double> StepState => adaptive?.Losses ?? [];

    /// <inheritdoc/>
    public void RestoreStepState(IReadOnlyList<double> numbers) => adaptive?.Restore(numbers);

    /// <inheritdoc/>
    public void EndStep(bool good)
    {
        if (adaptive is null)
            return;
        // Replicas come in any order; the sums must not depend on it.
        var ordered = seen.Order().ToList();
        seen.Clear();
        if (good)
            adaptive.Update([.. ordered.Select(pair => pair.LogSnr)], [.. ordered.Select(pair => pair.Error)]);
    }

    /// <summary>Weights by the running losses as they were before the step, whichever of its parts this is; the part's errors wait for its end.</summary>
    private Tensor AdaptiveWeights(Tensor error, Tensor t)
    {
        using var times = t.cpu();
        using var errors = error.detach().to(ScalarType.Float32).cpu();
        var levels = Array.ConvertAll(times.data<long>().ToArray(), time => logSnr[time]);
        lock (gate)
        {
            seen.AddRange(levels.Zip(errors.data<float>().ToArray(), (level, one) => (level, (double)one)));
            return tensor(Array.ConvertAll(levels, level => (float)adaptive!.At(level)), device: error.device);
        }
    }

    /// <inheritdoc/>
    public double NoiseLevel(double time) => time / (TrainingSteps - 1);

    /// <inheritdoc/>
    public int Evaluations(SamplerOptions options) => options.Steps;

    /// <inheritdoc/>
    public Tensor Sample(Predict predict, Tensor start, NoiseDraw draw, SamplerOptions sampler, StepWatch? watch = null)
    {
        var solver = SolverChoice.Of(sampler.Solver, ObjectiveKind.Diffusion);
        if (solver is SolverKind.Dpmpp2m or SolverKind.Unipc)
            return Multistep(solver == SolverKind.Unipc ? DiscreteSolverKind.UniPc : DiscreteSolverKind.DpmPlusPlus2M, predict, start, draw, sampler.Steps, watch);
        var process = DiffusionProcess.Of(objective.NoiseSchedule, TrainingSteps, sampler.Steps.ToString(CultureInfo.InvariantCulture));
        using var spaced = new GaussianDiffusion(process, options);
        var kind = solver == SolverKind.Ddim ? ReverseKind.Ddim : ReverseKind.Ddpm;
        return new DiffusionSampler(spaced, new ReverseOptions(kind, new Denoising(false), sampler.Eta)).Run(predict, start, draw, watch: watch);
    }

    /// <summary>Solvers that work on the mean alone and keep what the network said before.</summary>
    private Tensor Multistep(DiscreteSolverKind kind, Predict predict, Tensor start, NoiseDraw draw, int steps, StepWatch? watch)
    {
        var schedule = new Solvers.Discrete.NoiseSchedule(new NoiseScheduleOptions { TrainedBetas = diffusion.Process.Betas });
        var output = options.Mean switch
        {
            MeanKind.Data => NetworkOutput.Sample,
            MeanKind.Velocity => NetworkOutput.Velocity,
            _ => NetworkOutput.Epsilon,
        };
        using var solver = SolverCatalog.Create(kind, schedule, output, steps);
        Tensor Network(Tensor x, double time)
        {
            using var value = ((long)time).ToScalar();
            using var t = full([x.shape[0]], value, ScalarType.Int64, x.device);
            return diffusion.Split(predict(x, t), x).Mean;
        }

        return DiscreteTrajectory.Run(solver, start, Network, new DrawnNoise(draw), watch: watch);
    }

    private sealed class DrawnNoise(NoiseDraw draw) : INoiseSource
    {
        public Tensor Draw(int step, Tensor like) => draw(like);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loss.Dispose();
        diffusion.Dispose();
    }
}
