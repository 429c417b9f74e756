using MiniSora.Model.Objectives;
using MiniSora.Model.Paths;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>Stochastic interpolants as SiT trains and samples them (models.md §1.3): t = 0 is noise, times are drawn evenly.</summary>
internal sealed class InterpolantObjective : IDenoisingObjective
{
    /// <summary>What the adaptive solver usually takes; for progress only.</summary>
    private const int UsualEvaluations = 100;

    private readonly Transport transport;

    public InterpolantObjective(ObjectiveOptions objective) => transport = new Transport(new TransportOptions
    {
        Path = objective.Path,
        Weight = objective.PathWeight,
        Prediction = objective.Prediction switch
        {
            Prediction.Velocity => PathPrediction.Velocity,
            Prediction.Noise => PathPrediction.Noise,
            Prediction.Score => PathPrediction.Score,
            _ => throw new ArgumentException($"an interpolant does not predict {objective.Prediction}", nameof(objective)),
        },
    });

    /// <inheritdoc/>
    public bool LearnsVariance => false;

    /// <inheritdoc/>
    public Tensor Times(float[] uniform)
    {
        using var draws = tensor(uniform);
        return transport.Times(draws);
    }

    /// <inheritdoc/>
    public Tensor Loss(Predict predict, Tensor data, Tensor noise, Tensor t, Tensor? cellWeight = null) => transport.Loss(predict, data, noise, t, cellWeight);

    /// <inheritdoc/>
    public double NoiseLevel(double time) => 1 - time;

    /// <inheritdoc/>
    public int Evaluations(SamplerOptions options) => SolverChoice.Of(options.Solver, ObjectiveKind.Interpolant) switch
    {
        SolverKind.Heun => 2 * options.Steps,
        SolverKind.Dopri5 => UsualEvaluations,
        _ => options.Steps,
    };

    /// <inheritdoc/>
    public Tensor Sample(Predict predict, Tensor start, NoiseDraw draw, SamplerOptions options, StepWatch? watch = null)
    {
        var sampler = new TransportSampler(transport);
        var solver = SolverChoice.Of(options.Solver, ObjectiveKind.Interpolant);
        if (solver == SolverKind.Sde)
            return sampler.Sde(new SdeOptions { Form = options.DiffusionForm, Points = Math.Max(2, options.Steps) }, predict, start, draw, watch: watch);
        var method = solver switch
        {
            SolverKind.Heun => OdeMethod.Heun,
            SolverKind.Dopri5 => OdeMethod.DormandPrince,
            _ => OdeMethod.Euler,
        };
        // The adaptive rule passes through the points between without stopping at them.
        return sampler.Ode(new OdeOptions { Method = method, Points = solver == SolverKind.Dopri5 ? 2 : options.Steps + 1 }, predict, start, watch: watch);
    }

    /// <summary>Log-density in nats of data [B, …], by Heun's rule; see <see cref="TransportSampler.Likelihood"/>.</summary>
    public Tensor LogLikelihood(Predict predict, Tensor data, NoiseDraw probe, int steps)
    {
        using var scope = NewDisposeScope();
        return new TransportSampler(transport).Likelihood(new OdeOptions { Method = OdeMethod.Heun, Points = steps + 1 }, predict, data, probe).LogLikelihood.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
