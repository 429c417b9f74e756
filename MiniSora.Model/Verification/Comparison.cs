using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>
/// Collects what a runner computed and holds it against the file. Every result in the file must be expected exactly once or the
/// entry fails, so nothing is passed by leaving it out.
/// </summary>
/// <param name="fixture">The file.</param>
/// <param name="roundings">In bf16: what rounding the weights alone changes in each result (<see cref="Differences"/> of a run in fp32).</param>
internal sealed class Comparison(Fixture fixture, IReadOnlyDictionary<string, double>? roundings = null)
{
    private readonly List<string> failures = [];
    private readonly HashSet<string> seen = [];
    private readonly Dictionary<string, double> differences = [];
    private double worst = -1;

    /// <summary>Root mean square of got − want by result.</summary>
    public IReadOnlyDictionary<string, double> Differences => differences;

    /// <summary>Largest |got − want|.</summary>
    public double LargestAbsolute { get; private set; }

    /// <summary>Largest |got − want| / |want| where |want| is above the tolerance's absolute part.</summary>
    public double LargestRelative { get; private set; }

    /// <summary>Tolerance of the tensor that came nearest to its limit, or passed it farthest.</summary>
    public (double Atol, double Rtol) Tolerance { get; private set; } = (fixture.Entry.Tolerance.Atol, fixture.Entry.Tolerance.Rtol);

    /// <summary>What is wrong; empty when all results agree.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            var missing = fixture.ResultNames.Except(seen).Order(StringComparer.Ordinal).ToList();
            return missing.Count == 0 ? failures : [.. failures, $"not computed: {string.Join(", ", missing)}"];
        }
    }

    /// <summary>Holds a tensor against the file's tensor of this full name (<c>out.x</c>). Integers and booleans must be equal.</summary>
    public void Expect(string name, Tensor got)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        seen.Add(name);
        if (!fixture.Has(name))
        {
            failures.Add($"{name} is not in the file");
            return;
        }

        var want = fixture.Stored(name);
        if (!want.shape.SequenceEqual(got.shape))
        {
            failures.Add($"{name} is [{string.Join(", ", got.shape)}], expected [{string.Join(", ", want.shape)}]");
            return;
        }

        if (want.NumberOfElements == 0)
            return;
        var exact = !want.is_floating_point();
        var (atol, rtol) = exact ? (0.0, 0.0) : fixture.Entry.Tolerance.For(name);
        var a = got.detach().cpu().to_type(ScalarType.Float64);
        var b = want.to_type(ScalarType.Float64);
        if (!exact && fixture.Placement.Compute == ScalarType.BFloat16)
            (atol, rtol) = Bf16(name, atol, rtol, b, roundings?.GetValueOrDefault(name) ?? 0);
        // Infinities and NaN must stand in the same places.
        var same = a.eq(b).logical_or(a.isnan().logical_and(b.isnan()));
        var finite = a.isfinite().logical_and(b.isfinite());
        if (!same.logical_or(finite).all().item<bool>())
            failures.Add($"{name}: NaN or infinity where the file has a number, or the other way round");
        var difference = where(finite, a.Minus(b).abs(), zeros_like(b));
        differences[name] = Math.Sqrt(difference.mul(difference).mean().item<double>());
        var limit = where(finite, b.abs().mul(HeldScalar.Of(rtol)).add(HeldScalar.Of(atol), HeldScalar.One), ones_like(b));
        var absolute = difference.max().item<double>();
        LargestAbsolute = Math.Max(LargestAbsolute, absolute);
        var relative = where(b.abs().gt(HeldScalar.Of(Math.Max(atol, 1e-30))), difference / b.abs(), zeros_like(b)).nan_to_num(0, 0, 0).max().item<double>();
        LargestRelative = Math.Max(LargestRelative, relative);
        var used = Used(difference, limit);
        if (used > worst)
        {
            worst = used;
            Tolerance = (atol, rtol);
        }

        if (used > 1)
            failures.Add(FormattableString.Invariant($"{name}: off by {absolute:0.##e+0}, allowed {atol:0.##e+0} + {rtol:0.##e+0}·|want|"));
    }

    /// <summary>Holds one number against a tensor of one element.</summary>
    public void Expect(string name, double got)
    {
        using var value = tensor(got, dtype: ScalarType.Float64);
        using var shaped = fixture.Has(name) && fixture.Stored(name).NumberOfElements == 1 ? value.reshape(fixture.Stored(name).shape) : value.alias();
        Expect(name, shaped);
    }

    /// <summary>Holds numbers against a tensor of as many elements.</summary>
    public void Expect(string name, IReadOnlyList<double> got)
    {
        using var value = tensor(got.ToArray(), dtype: ScalarType.Float64);
        using var shaped = fixture.Has(name) && fixture.Stored(name).NumberOfElements == got.Count ? value.reshape(fixture.Stored(name).shape) : value.alias();
        Expect(name, shaped);
    }

    /// <summary>Holds an intermediate value against the file if the file has it: helps to find where a network leaves the path.</summary>
    public void Trace(string name, Tensor got)
    {
        if (fixture.Has(name))
            Expect(name, got);
    }

    /// <summary>A reason to fail that is no tensor: a name, a count, a shape of a layout.</summary>
    public void Fail(string reason) => failures.Add(reason);

    /// <summary>Fails with <paramref name="reason"/> unless <paramref name="holds"/>.</summary>
    public void Require(bool holds, string reason)
    {
        if (!holds)
            failures.Add(reason);
    }

    /// <summary>The largest share of the limit that a difference takes; in bf16 of all elements but two in a hundred: see <see cref="Bf16"/>.</summary>
    private double Used(Tensor difference, Tensor limit)
    {
        var shares = where(limit.gt(HeldScalar.Of(0)), difference / limit, where(difference.gt(HeldScalar.Of(0)), full_like(difference, double.PositiveInfinity), zeros_like(difference)));
        if (roundings is null)
            return shares.max().item<double>();
        using var sorted = shares.flatten().sort().Values;
        return sorted[(long)Math.Floor(0.98 * (sorted.shape[0] - 1))].item<double>();
    }

    /// <summary>
    /// What bf16 may change, derived from the entry itself. Rounding the weights alone changes a result by some root mean square ρ, which contains how sensitive the network, its
    /// guidance and its gradients are. A run in bf16 rounds activations a hundred times besides, and the worst of many elements lies several deviations out:
    /// 48 ρ, found on the recorded networks, and three times that after an optimizer, which divides every gradient by its own size; never less than eight roundings of 2⁻⁸ of the result's size, nor eight times the tolerance of fp32. Two elements in a hundred may
    /// be anything: a nearest entry, a clamp or the sign of a gradient that is zero turns on the last bit.
    /// </summary>
    private static (double Atol, double Rtol) Bf16(string name, double atol, double rtol, Tensor want, double rounding)
    {
        const double Rounding = 1.0 / 256;
        var deviations = name.StartsWith("final.", StringComparison.Ordinal) || name.StartsWith("ema.", StringComparison.Ordinal) ? 3 * 48 : 48;
        var rms = Math.Sqrt(want.mul(want).mean().item<double>());
        var floor = double.IsFinite(rms) ? 8 * Rounding * rms : 0;
        return (Math.Max(Math.Max(8 * atol, floor), deviations * rounding), Math.Max(rtol, 2 * Rounding));
    }
}
