using System.Globalization;
using MiniSora.Model.Layers;
using MiniSora.Model.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>How a power-function average weighs the weights of the past: after so many updates, with exponent γ, those of time τ in proportion to τ^γ.</summary>
/// <param name="Updates">Length of the past, t.</param>
/// <param name="Gamma">γ.</param>
internal readonly record struct EmaProfile(long Updates, double Gamma)
{
    /// <summary>∫ p_a(τ) p_b(τ) dτ, where p(τ) = (γ + 1) τ^γ / t^(γ + 1) on [0, t].</summary>
    public static double Product(EmaProfile a, EmaProfile b)
    {
        var (shorter, longer) = a.Updates <= b.Updates ? (a, b) : (b, a);
        var ratio = (double)shorter.Updates / longer.Updates;
        return (a.Gamma + 1) * (b.Gamma + 1) * Math.Pow(ratio, longer.Gamma) / ((a.Gamma + b.Gamma + 1) * longer.Updates);
    }
}

/// <summary>A stored average; <paramref name="Read"/> gives it flat in any float type, the caller's.</summary>
internal sealed record AverageSource(EmaProfile Profile, Func<Tensor> Read);

/// <summary>
/// Averages of widths that were not kept (Karras et al. 2024, EDM2 §3.2): the combination of stored power-function averages whose profile is nearest
/// to the wanted one by least squares. Deviation: the factors add up to exactly 1, so that weights that never changed stay as they are.
/// </summary>
internal static class AverageMix
{
    /// <summary>Factors of stored averages, and the distance of the mixed profile from the wanted one relative to the latter's norm.</summary>
    public static (double[] Factors, double Error) Fit(IReadOnlyList<EmaProfile> stored, EmaProfile wanted)
    {
        // The normal equations with a multiplier for the sum; scaled by t so that a run's length does not matter.
        var n = stored.Count;
        var scale = 1 / EmaProfile.Product(wanted, wanted);
        var rows = new double[n + 1, n + 2];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
                rows[i, j] = scale * EmaProfile.Product(stored[i], stored[j]);
            // Neighbouring profiles are nearly the same: without this their factors could be huge, and the weights' float16 with them.
            rows[i, i] *= 1 + 1e-7;
            rows[i, n] = rows[n, i] = 1;
            rows[i, n + 1] = scale * EmaProfile.Product(stored[i], wanted);
        }

        rows[n, n + 1] = 1;
        var solved = Solve(rows);
        var factors = solved[..n];
        var error = 1.0;
        for (var i = 0; i < n; i++)
        {
            error -= 2 * factors[i] * scale * EmaProfile.Product(stored[i], wanted);
            for (var j = 0; j < n; j++)
                error += factors[i] * factors[j] * scale * EmaProfile.Product(stored[i], stored[j]);
        }

        return (factors, Math.Sqrt(Math.Max(0, error)));
    }

    /// <summary>
    /// The average of relative width <paramref name="width"/> after so many updates, flat like <paramref name="like"/>, float32 and the caller's, and what to say
    /// of it. Throws <see cref="CheckpointException"/> when nothing is stored.
    /// </summary>
    public static (Tensor Flat, SamplerWarning Said) Make(IReadOnlyList<AverageSource> stored, double width, long updates, Tensor like)
    {
        if (stored.Count == 0)
            throw new CheckpointException("checkpoint_ema_missing", "The checkpoint keeps no power-function averages to reconstruct a width from.");
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (factors, error) = Fit([.. stored.Select(one => one.Profile)], new EmaProfile(Math.Max(1, updates), PowerEma.Gamma(width)));
        var sum = zeros_like(like, ScalarType.Float32).detach();
        foreach (var (source, factor) in stored.Zip(factors))
        {
            using var one = source.Read();
            using var converted = one.to(ScalarType.Float32, like.device);
            using var by = factor.ToScalar();
            sum.add_(converted, by);
        }

        var arguments = new Dictionary<string, string>
        {
            ["width"] = width.ToString(CultureInfo.InvariantCulture),
            ["stored"] = stored.Count.ToString(CultureInfo.InvariantCulture),
            ["error"] = (100 * error).ToString("0.0", CultureInfo.InvariantCulture),
        };
        var text = $"EMA width {arguments["width"]} was reconstructed from {arguments["stored"]} stored averages; its profile is {arguments["error"]} % off.";
        return (sum.DetachFromDisposeScope(), new SamplerWarning("ema_reconstructed", text, arguments));
    }

    /// <summary>Gauss with pivots on [n, n + 1].</summary>
    private static double[] Solve(double[,] rows)
    {
        var n = rows.GetLength(0);
        for (var column = 0; column < n; column++)
        {
            var pivot = Enumerable.Range(column, n - column).MaxBy(row => Math.Abs(rows[row, column]));
            for (var j = 0; j <= n; j++)
                (rows[column, j], rows[pivot, j]) = (rows[pivot, j], rows[column, j]);
            for (var row = column + 1; row < n; row++)
            {
                var factor = rows[row, column] / rows[column, column];
                for (var j = column; j <= n; j++)
                    rows[row, j] -= factor * rows[column, j];
            }
        }

        var solution = new double[n];
        for (var row = n - 1; row >= 0; row--)
        {
            var rest = rows[row, n];
            for (var j = row + 1; j < n; j++)
                rest -= rows[row, j] * solution[j];
            solution[row] = rest / rows[row, row];
        }

        return solution;
    }
}
