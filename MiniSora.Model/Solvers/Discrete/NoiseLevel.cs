using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Discrete;

/// <summary>One point x = α x₀ + σ n of a diffusion process.</summary>
internal readonly record struct NoiseLevel(double Alpha, double Sigma)
{
    /// <summary>Half the logarithm of the signal-to-noise ratio, ln(α/σ); +∞ without noise.</summary>
    public double Lambda => Math.Log(Alpha) - Math.Log(Sigma);

    /// <summary>Share of noise, σ/(α + σ): 1 is noise alone, 0 none. On the straight path it is the time.</summary>
    public double Share => Sigma / (Alpha + Sigma);

    /// <summary>Variance preserving (α² + σ² = 1) with σ/α = <paramref name="ratio"/>.</summary>
    public static NoiseLevel FromRatio(double ratio)
    {
        var alpha = 1 / Math.Sqrt(ratio * ratio + 1);
        return new NoiseLevel(alpha, ratio * alpha);
    }

    /// <summary>Variance preserving with α² = <paramref name="cumulative"/>.</summary>
    public static NoiseLevel FromCumulative(double cumulative) => new(Math.Sqrt(cumulative), Math.Sqrt(1 - cumulative));

    /// <summary>On the straight path: α = 1 − σ.</summary>
    public static NoiseLevel Straight(double sigma) => new(1 - sigma, sigma);

    /// <summary>x₀ implied by a prediction at state x, of the shape of x.</summary>
    public Tensor ToData(NetworkOutput output, Tensor prediction, Tensor x) => output switch
    {
        NetworkOutput.Epsilon => LinearCombination.Of((1 / Alpha, x), (-Sigma / Alpha, prediction)),
        NetworkOutput.Sample => prediction.alias(),
        NetworkOutput.Velocity => LinearCombination.Of((Alpha, x), (-Sigma, prediction)),
        NetworkOutput.Flow => LinearCombination.Of((1, x), (-Sigma, prediction)),
        _ => throw new ArgumentOutOfRangeException(nameof(output), output, "unknown kind of output"),
    };

    /// <summary>The noise n implied by a prediction at state x, of the shape of x.</summary>
    public Tensor ToNoise(NetworkOutput output, Tensor prediction, Tensor x) => output switch
    {
        NetworkOutput.Epsilon => prediction.alias(),
        NetworkOutput.Sample => NoiseOf(prediction, x),
        NetworkOutput.Velocity => LinearCombination.Of((Alpha, prediction), (Sigma, x)),
        NetworkOutput.Flow => LinearCombination.Of((1, x), (1 - Sigma, prediction)),
        _ => throw new ArgumentOutOfRangeException(nameof(output), output, "unknown kind of output"),
    };

    /// <summary>(x − α x₀) / σ.</summary>
    public Tensor NoiseOf(Tensor data, Tensor x) => LinearCombination.Of((1 / Sigma, x), (-Alpha / Sigma, data));
}
