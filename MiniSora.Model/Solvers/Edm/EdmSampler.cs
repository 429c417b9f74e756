using MiniSora.Model.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>
/// The generalised sampler of Karras et al. 2022 (algorithm 2 with the schedules of table 1): Euler or Heun on the
/// probability-flow ODE, with churn. The state is float64, the network sees float32.
/// </summary>
internal sealed class EdmSampler
{
    private readonly EdmSamplerOptions options;
    private readonly IPreconditioning preconditioning;
    private readonly EdmGrid grid;

    public EdmSampler(EdmSamplerOptions options, IPreconditioning preconditioning)
    {
        this.options = options;
        this.preconditioning = preconditioning;
        grid = new EdmGrid(options, preconditioning);
    }

    /// <summary>Visited levels, falling, and 0.</summary>
    public IReadOnlyList<double> Sigmas => grid.Sigmas;

    /// <summary>From unit noise [B, C, …] to data, float64; the caller owns it and keeps <paramref name="start"/>. <paramref name="watch"/> is told of every step.</summary>
    public Tensor Sample(RawNetwork network, Tensor start, INoiseSource noise, StepWatch? watch = null)
    {
        using var outer = NewDisposeScope();
        var first = grid.Times[0];
        var x = LinearCombination.Of((grid.Sigma(first) * grid.Scale(first), start.to_type(ScalarType.Float64)));
        for (var i = 0; i < options.Steps; i++)
        {
            using var scope = NewDisposeScope();
            var (t, next) = (grid.Times[i], grid.Times[i + 1]);
            var sigma = grid.Sigma(t);
            var raised = grid.Time(preconditioning.Round(sigma * (1 + options.Churn.Growth(sigma, options.Steps))));
            var grown = Math.Max(0, grid.Sigma(raised) * grid.Sigma(raised) - sigma * sigma);
            var from = x;
            if (options.Churn.IsActive)
                from = LinearCombination.Of((grid.Scale(raised) / grid.Scale(t), x), (Math.Sqrt(grown) * grid.Scale(raised) * options.Churn.NoiseScale, noise.Draw(i, x)));
            var h = next - raised;
            var slope = Slope(network, from, raised, watch is null ? null : denoised => watch(i + 1, options.Steps, new NoiseLevel(1, grid.Sigma(raised)).Share, denoised.alias));
            Tensor moved;
            if (!options.IsHeun || i == options.Steps - 1)
            {
                moved = LinearCombination.Of((1, from), (h, slope));
            }
            else
            {
                var alpha = options.SecondAt;
                var second = Slope(network, LinearCombination.Of((1, from), (alpha * h, slope)), raised + alpha * h);
                moved = LinearCombination.Of((1, from), (h * (1 - 0.5 / alpha), slope), (h * 0.5 / alpha, second));
            }

            x.Dispose();
            x = moved.MoveToOuterDisposeScope();
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>dx/dt = (σ'/σ + s'/s) x − σ' s/σ D(x/s; σ), equation 81.</summary>
    private Tensor Slope(RawNetwork network, Tensor x, double t, Action<Tensor>? seen = null)
    {
        using var scope = NewDisposeScope();
        double sigma = grid.Sigma(t), slope = grid.SigmaSlope(t), scale = grid.Scale(t);
        using var level = tensor([sigma], dtype: ScalarType.Float64);
        var denoised = preconditioning.Denoise(network, LinearCombination.Of((1 / scale, x)), level);
        seen?.Invoke(denoised);
        return LinearCombination.Of((slope / sigma + grid.ScaleSlope(t) / scale, x), (-slope * scale / sigma, denoised.to_type(ScalarType.Float64))).MoveToOuterDisposeScope();
    }
}
