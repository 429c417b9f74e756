namespace MiniSora.Model.Cascade;

/// <summary>Weight of a sample's squared error as a function of its log signal-to-noise ratio (gdf/loss_weights.py).</summary>
internal abstract class LossWeight
{
    /// <summary>Weight; a <paramref name="shift"/> undoes that of the schedule.</summary>
    public float At(float logSnr, double shift = 1, float min = -1e9f, float max = 1e9f) =>
        Math.Clamp(Raw(shift == 1 ? logSnr : logSnr + (float)(2 * Math.Log(shift))), min, max);

    /// <summary>The formula.</summary>
    protected internal abstract float Raw(float logSnr);
}

/// <summary>The same for all.</summary>
internal sealed class ConstantWeight(double value = 1) : LossWeight
{
    protected internal override float Raw(float logSnr) => (float)value;
}

/// <summary>The signal-to-noise ratio plus <paramref name="more"/> (0 or 1), between two bounds.</summary>
internal sealed class SnrWeight(double more = 0, double smallest = 0, double largest = double.PositiveInfinity) : LossWeight
{
    protected internal override float Raw(float logSnr) => Math.Clamp(MathF.Exp(logSnr) + (float)more, (float)smallest, (float)largest);
}

/// <summary>1/(k + SNR^s)^γ (Choi et al. 2022).</summary>
internal sealed class P2Weight(double k = 1, double gamma = 1, double power = 1) : LossWeight
{
    protected internal override float Raw(float logSnr) => MathF.Pow((float)k + MathF.Exp(logSnr * (float)power), -(float)gamma);
}

/// <summary>1 / cosh(log SNR / width).</summary>
internal sealed class SechWeight(double width = 2) : LossWeight
{
    protected internal override float Raw(float logSnr) => 1 / MathF.Cosh(logSnr / (float)width);
}

/// <summary>1 / √SNR (Yu et al. 2023).</summary>
internal sealed class DebiasedWeight : LossWeight
{
    protected internal override float Raw(float logSnr) => 1 / MathF.Sqrt(MathF.Exp(logSnr));
}

/// <summary>Sigmoid of s times the log signal-to-noise ratio.</summary>
internal sealed class SigmoidWeight(double steepness = 1) : LossWeight
{
    protected internal override float Raw(float logSnr) => 1 / (1 + MathF.Exp(-logSnr * (float)steepness));
}

/// <summary>Product of some weights over the product of others.</summary>
internal sealed class ComposedWeight(IReadOnlyList<LossWeight> over, IReadOnlyList<LossWeight> times) : LossWeight
{
    protected internal override float Raw(float logSnr) =>
        times.Aggregate(1f, (product, weight) => product * weight.Raw(logSnr)) / over.Aggregate(1f, (product, weight) => product * weight.Raw(logSnr));
}

/// <summary>
/// One over the running loss of the sample's bucket of log signal-to-noise ratios: every noise level counts alike. One bucket lies below the range and
/// one above.
/// </summary>
internal sealed class AdaptiveWeight : LossWeight
{
    private readonly float[] bounds;
    private readonly float smallest;
    private readonly float largest;

    public AdaptiveWeight(double min = -10, double max = 10, int buckets = 300, double smallest = 1e-7, double largest = 1e7)
    {
        bounds = TimeGrid.Linear((float)min, (float)max, buckets - 1);
        Losses = [.. Enumerable.Repeat(1f, buckets)];
        this.smallest = (float)smallest;
        this.largest = (float)largest;
    }

    /// <summary>Running loss of each bucket; 1 at the start. Part of a checkpoint.</summary>
    public float[] Losses { get; }

    /// <summary>Moves the bucket of each value towards its loss; with two values in one bucket the last counts.</summary>
    public void Update(IReadOnlyList<float> logSnr, IReadOnlyList<float> losses, double keep = 0.99)
    {
        var before = (float[])Losses.Clone();
        for (var i = 0; i < logSnr.Count; i++)
        {
            var bucket = Bucket(logSnr[i]);
            Losses[bucket] = before[bucket] * (float)keep + losses[i] * (float)(1 - keep);
        }
    }

    protected internal override float Raw(float logSnr) => Math.Clamp(1 / Losses[Bucket(logSnr)], smallest, largest);

    private int Bucket(float logSnr) => bounds.TakeWhile(bound => bound < logSnr).Count();
}
