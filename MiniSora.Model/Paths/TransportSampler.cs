using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Paths;

/// <summary>What an SDE does in the last stretch of time, where its noise would be visible.</summary>
internal enum LastStep
{
    /// <summary>Nothing: the SDE goes to the end.</summary>
    None,

    /// <summary>One step of the SDE's drift, without noise.</summary>
    Mean,

    /// <summary>The expected data by Tweedie's formula, x/α + σ²/α · score.</summary>
    Tweedie,

    /// <summary>One Euler step of the ODE.</summary>
    Euler,
}

/// <summary>How to solve the probability-flow ODE.</summary>
internal sealed record OdeOptions
{
    /// <summary>The rule of a step.</summary>
    public OdeMethod Method { get; init; } = OdeMethod.DormandPrince;

    /// <summary>Times of the trajectory, both ends included: a fixed rule takes one step fewer, an adaptive one interpolates.</summary>
    public int Points { get; init; } = 50;

    /// <summary>Tolerances of an adaptive rule.</summary>
    public Tolerance Tolerance { get; init; } = new(1e-6, 1e-3);

    /// <summary>From data to noise.</summary>
    public bool Reverse { get; init; }
}

/// <summary>How to solve the reverse SDE.</summary>
internal sealed record SdeOptions
{
    /// <summary>The rule of a step.</summary>
    public SdeMethod Method { get; init; } = SdeMethod.EulerMaruyama;

    /// <summary>Form of the diffusion coefficient.</summary>
    public DiffusionForm Form { get; init; } = DiffusionForm.Sigma;

    /// <summary>Its size.</summary>
    public double Norm { get; init; } = 1;

    /// <summary>The last step's kind.</summary>
    public LastStep LastStep { get; init; } = LastStep.Mean;

    /// <summary>Time left to it.</summary>
    public double LastStepSize { get; init; } = 0.04;

    /// <summary>States computed: one fewer steps of the SDE, then the last step.</summary>
    public int Points { get; init; } = 250;
}

/// <summary>
/// Samples a <see cref="Transport"/> as SiT does: by ODE, by SDE (dx = (v + w · score) dt + √(2w) dW), and the likelihood of data.
/// </summary>
internal sealed class TransportSampler(Transport transport)
{
    /// <summary>
    /// The state at the end of time from noise [B, …] (or, reversed, from data). <paramref name="seen"/> gets every point of the trajectory with its number
    /// from 0, for the length of the call, <paramref name="watch"/> every step. The caller owns the result.
    /// </summary>
    public Tensor Ode(OdeOptions options, Predict predict, Tensor start, Action<int, Tensor>? seen = null, StepWatch? watch = null)
    {
        using var _ = no_grad();
        var (from, to) = transport.OdeInterval(options.Reverse);
        Tensor[] Slope(double time, Tensor[] state)
        {
            using var scope = NewDisposeScope();
            var t = Times(state[0], time);
            return [transport.Drift(predict(state[0], t), state[0], t).MoveToOuterDisposeScope()];
        }

        return OdeGrid.Integrate(
            options.Method, [start], OdeGrid.Even(from, to, options.Points, start.dtype), options.Tolerance, Slope,
            seen is null ? null : (i, state) => seen(i, state[0]),
            watch is null ? null : (step, steps, time, state, slope) => Tell(watch, step, steps, time, state[0], Times(state[0], time), slope[0].alias))[0];
    }

    /// <summary>The state after the last step from noise [B, …]; <paramref name="seen"/> gets every state computed. The caller owns the result.</summary>
    public Tensor Sde(SdeOptions options, Predict predict, Tensor start, NoiseDraw draw, Action<int, Tensor>? seen = null, StepWatch? watch = null)
    {
        using var _ = no_grad();
        var (computed, told) = (0, -1);
        var lastSize = options.LastStep == LastStep.None ? 0 : options.LastStepSize;
        var (from, to) = transport.SdeInterval(options.Form, lastSize);
        Tensor Drift(Tensor x, Tensor t)
        {
            using var scope = NewDisposeScope();
            var output = predict(x, t);
            // A rule of two slopes asks twice a step.
            if (watch is not null && told != computed)
            {
                told = computed;
                Tell(watch, computed + 1, options.Points, t.to_type(ScalarType.Float64).max().item<double>(), x, t, () => transport.Drift(output, x, t));
            }

            var noisy = transport.Path.Diffusion(options.Form, options.Norm, x, t) * transport.Score(output, x, t);
            return transport.Drift(output, x, t).Plus(noisy).MoveToOuterDisposeScope();
        }

        var x = SdeSolver.Integrate(
            options.Method, start, OdeGrid.Even(from, to, options.Points, start.dtype), Drift,
            (state, t) => transport.Path.Diffusion(options.Form, options.Norm, state, t), draw, (i, state) =>
            {
                computed = i + 1;
                seen?.Invoke(i, state);
            });
        using (x)
        {
            var last = Last(options, lastSize, predict, Drift, x, to);
            seen?.Invoke(options.Points - 1, last);
            return last;
        }
    }

    /// <summary>
    /// log p of data [B, …] in nats, [B], and the noise that it flows to, by <see cref="ChangeOfVariables"/> along the ODE; <paramref name="probe"/>
    /// draws ±1. The network must have a gradient by x.
    /// </summary>
    public (Tensor LogLikelihood, Tensor Noise) Likelihood(OdeOptions options, Predict predict, Tensor data, NoiseDraw probe)
    {
        var (from, to) = transport.OdeInterval(reverse: false);
        // Data flows backwards through the model's time, so that the solver's own rises.
        Tensor Velocity(Tensor x, double time)
        {
            var t = Times(x, 1 - time);
            return transport.Drift(predict(x, t), x, t).neg();
        }

        return ChangeOfVariables.LogDensity(options.Method, OdeGrid.Even(from, to, options.Points, data.dtype), options.Tolerance, Velocity, data, probe);
    }

    /// <summary>The data that a velocity at (x, t) points to is computed only if it is asked for.</summary>
    private void Tell(StepWatch watch, int step, int steps, double time, Tensor x, Tensor t, Func<Tensor> velocity) =>
        watch(step, steps, transport.Path.Level(time).Share, () =>
        {
            using var scope = NewDisposeScope();
            return transport.Path.DataFromVelocity(velocity(), x, t).MoveToOuterDisposeScope();
        });

    private static Tensor Times(Tensor x, double time)
    {
        using var value = time.ToScalar();
        return full([x.shape[0]], value, x.dtype, x.device);
    }

    private Tensor Last(SdeOptions options, double size, Predict predict, Predict drift, Tensor x, double time)
    {
        using var scope = NewDisposeScope();
        var t = Times(x, time);
        switch (options.LastStep)
        {
            case LastStep.None:
                return x.clone().MoveToOuterDisposeScope();
            case LastStep.Mean:
                return x.Plus(drift(x, t).mul(HeldScalar.Of(size))).MoveToOuterDisposeScope();
            case LastStep.Euler:
                return x.Plus(transport.Drift(predict(x, t), x, t).mul(HeldScalar.Of(size))).MoveToOuterDisposeScope();
            case LastStep.Tweedie:
                var column = InterpolantPath.Column(t, x);
                var (alpha, sigma) = (transport.Path.Alpha(column), transport.Path.Sigma(column));
                return (x / alpha).Plus(sigma * sigma / alpha * transport.Score(predict(x, t), x, t)).MoveToOuterDisposeScope();
            default:
                throw new ArgumentOutOfRangeException(nameof(options), options.LastStep, "unknown last step");
        }
    }
}
