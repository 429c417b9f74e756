namespace MiniSora.Model.Cascade;

/// <summary>
/// Log signal-to-noise ratio as a function of time: t = 1 is noise, t = 0 the image (Stability-AI/StableCascade, gdf/schedulers.py). Computed in
/// float32 like the original, whose clamped ends are ill-conditioned: another precision gives other numbers there.
/// </summary>
internal abstract class LogSnrSchedule
{
    /// <summary>Values at t = 1 and t = 0, between which every result is clamped; null: unbounded.</summary>
    public (float Min, float Max)? Limits { get; protected set; }

    /// <summary>When set, t is first rounded to one of so many values.</summary>
    public int? DiscreteSteps { get; init; }

    /// <summary>Multiplies every shift that a caller asks for.</summary>
    public double Shift { get; init; } = 1;

    /// <summary>
    /// Value at <paramref name="t"/> in [0, 1] (clamped). A <paramref name="shift"/> s moves it by 2·ln(1/s), within the limits: images s times as large
    /// need s² times the noise for the same loss of content (Hoogeboom et al. 2023).
    /// </summary>
    public float At(float t, double shift = 1)
    {
        if (DiscreteSteps is { } steps)
            t = (float)Math.Round(t * (steps - 1), MidpointRounding.ToEven) / (steps - 1);
        return Bounded(Raw(Math.Clamp(t, 0, 1)), shift);
    }

    /// <summary>A random value for training.</summary>
    public float Draw(ref SplitMix64 random, double shift = 1) => Bounded(RawDraw(ref random), shift);

    /// <summary>The formula.</summary>
    protected abstract float Raw(float t);

    /// <summary>By default that of a uniform t in (0, 1].</summary>
    protected virtual float RawDraw(ref SplitMix64 random) => Raw(1 - (float)random.NextDouble());

    /// <summary>To be called at the end of a constructor whose <see cref="Raw"/> is defined at both ends.</summary>
    protected void FixLimits() => Limits = (At(1), At(0));

    /// <summary>ln(v / (1 − v)).</summary>
    protected static float OfVariance(float variance) => MathF.Log(variance / (1 - variance));

    private float Bounded(float value, double shift)
    {
        if (shift * Shift != 1)
            value += (float)(2 * Math.Log(1 / (shift * Shift)));
        return Limits is var (min, max) ? Math.Clamp(value, min, max) : value;
    }
}

/// <summary>ᾱ = cos²(((t + s)/(1 + s))·π/2), relative to its value at 0, clamped to (or, <paramref name="squeeze"/>, mapped into) a range.</summary>
internal sealed class CosineSchedule : LogSnrSchedule
{
    private readonly float offset;
    private readonly float smallest;
    private readonly float largest;
    private readonly float width;
    private readonly bool squeeze;
    private readonly float atZero;

    public CosineSchedule(double offset = 0.008, double smallest = 0.0001, double largest = 0.9999, bool squeeze = false)
    {
        this.offset = (float)offset;
        this.smallest = (float)smallest;
        this.largest = (float)largest;
        this.squeeze = squeeze;
        width = (float)(largest - smallest);
        atZero = Squared(MathF.Cos(Angle(0)));
        FixLimits();
    }

    protected override float Raw(float t)
    {
        var variance = Squared(Math.Clamp(MathF.Cos(Angle(t)), 0, 1)) / atZero;
        return OfVariance(squeeze ? variance * width + smallest : Math.Clamp(variance, smallest, largest));
    }

    protected override float RawDraw(ref SplitMix64 random) => Raw(Math.Clamp(1 - (float)random.NextDouble() + 0.001f, 0.001f, 1));

    private static float Squared(float x) => x * x;

    private float Angle(float t) => (offset + t) / (1 + offset) * MathF.PI * 0.5f;
}

/// <summary>−2·ln tan over an angle between two log signal-to-noise ratios (the cosine schedule of Hoogeboom et al. 2023).</summary>
internal sealed class TangentSchedule : LogSnrSchedule
{
    private readonly double first;
    private readonly double last;

    public TangentSchedule(double min = -15, double max = 15)
    {
        first = Math.Atan(Math.Exp(-0.5 * max));
        last = Math.Atan(Math.Exp(-0.5 * min));
        FixLimits();
    }

    protected override float Raw(float t) => -2 * MathF.Log(MathF.Tan((float)first + t * (float)(last - first)));
}

/// <summary>ᾱ = 1 − √(t + s) (Li et al. 2022, Diffusion-LM), clamped or mapped into a range.</summary>
internal sealed class SquareRootSchedule : LogSnrSchedule
{
    private readonly float offset;
    private readonly float smallest;
    private readonly float largest;
    private readonly float width;
    private readonly bool squeeze;

    public SquareRootSchedule(double offset = 1e-4, double smallest = 0.0001, double largest = 0.9999, bool squeeze = false)
    {
        this.offset = (float)offset;
        this.smallest = (float)smallest;
        this.largest = (float)largest;
        this.squeeze = squeeze;
        width = (float)(largest - smallest);
        FixLimits();
    }

    protected override float Raw(float t)
    {
        var variance = 1 - MathF.Sqrt(t + offset);
        return OfVariance(squeeze ? variance * width + smallest : Math.Clamp(variance, smallest, largest));
    }
}

/// <summary>ln((1 − t)²/t²), clamped: the straight path between image and noise.</summary>
internal sealed class RectifiedFlowSchedule : LogSnrSchedule
{
    private readonly float min;
    private readonly float max;

    public RectifiedFlowSchedule(double min = -15, double max = 15)
    {
        this.min = (float)min;
        this.max = (float)max;
        FixLimits();
    }

    protected override float Raw(float t) => Math.Clamp(MathF.Log((1 - t) * (1 - t) / (t * t)), min, max);
}

/// <summary>The noise levels that EDM samples by (Karras et al. 2022, equation 5): σ^(1/p) is linear in t.</summary>
internal sealed class EdmSampleSchedule : LogSnrSchedule
{
    private readonly double largest;
    private readonly double difference;
    private readonly double power;

    public EdmSampleSchedule(double smallest = 0.002, double largest = 80, double power = 7)
    {
        this.largest = Math.Pow(largest, 1 / power);
        difference = Math.Pow(smallest, 1 / power) - this.largest;
        this.power = power;
        FixLimits();
    }

    protected override float Raw(float t)
    {
        var sigma = MathF.Pow((float)largest + (1 - t) * (float)difference, (float)power);
        return MathF.Log(1 / (sigma * sigma));
    }
}

/// <summary>
/// The noise levels that EDM trains on (Karras et al. 2022, table 1), normal in ln σ with the original's sign, −2·(z·deviation − mean). Only drawn.
/// </summary>
internal sealed class EdmTrainSchedule(double mean = -1.2, double deviation = 1.2) : LogSnrSchedule
{
    protected override float Raw(float t) => throw new NotSupportedException("EDM's training schedule is a distribution, not a function of t");

    protected override float RawDraw(ref SplitMix64 random)
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        return (float)(-2 * (radius * Math.Cos(2 * Math.PI * random.NextDouble()) * deviation - mean));
    }
}

/// <summary>Linear in t.</summary>
internal sealed class LinearSchedule : LogSnrSchedule
{
    private readonly double min;
    private readonly double max;

    public LinearSchedule(double min = -10, double max = 10)
    {
        this.min = min;
        this.max = max;
        FixLimits();
    }

    protected override float Raw(float t) => t * (float)(min - max) + (float)max;
}

/// <summary>The discrete schedule of Stable Diffusion (√β linear), joined by straight lines in ᾱ.</summary>
internal sealed class StableDiffusionSchedule : LogSnrSchedule
{
    private readonly AlphaTable table;

    public StableDiffusionSchedule(double first = 0.00085, double last = 0.012, int steps = 1000)
    {
        table = new AlphaTable(first, last, steps);
        FixLimits();
    }

    protected override float Raw(float t) => OfVariance(table.VarianceAt(t));
}

/// <summary>Between two schedules: the first at t = 1, the second at t = 0, linear mixture in between.</summary>
internal sealed class InterpolatedSchedule : LogSnrSchedule
{
    private readonly LogSnrSchedule noisy;
    private readonly LogSnrSchedule clean;
    private readonly double noisyShift;
    private readonly double cleanShift;

    public InterpolatedSchedule(LogSnrSchedule noisy, LogSnrSchedule clean, double noisyShift = 1, double cleanShift = 1)
    {
        this.noisy = noisy;
        this.clean = clean;
        this.noisyShift = noisyShift;
        this.cleanShift = cleanShift;
        FixLimits();
    }

    protected override float Raw(float t)
    {
        // Away from the ends, where an unbounded schedule would give 0 · ∞.
        t = Math.Clamp(t, 1e-7f, 1 - 1e-7f);
        return noisy.At(t, noisyShift) * t + clean.At(t, cleanShift) * (1 - t);
    }
}

/// <summary>
/// Draws log signal-to-noise ratios from buckets in proportion to the losses seen there, so that training stays where it is hard. Only drawn.
/// </summary>
internal sealed class AdaptiveTrainSchedule(double min = -10, double max = 10, int buckets = 100, double floor = 0) : LogSnrSchedule
{
    /// <summary>Running loss of each bucket; 1 at the start.</summary>
    public float[] Losses { get; } = [.. Enumerable.Repeat(1f, buckets)];

    /// <summary>Moves the bucket of each value towards its loss; with two values in one bucket the last counts.</summary>
    public void Update(IReadOnlyList<float> logSnr, IReadOnlyList<float> losses, double keep = 0.99)
    {
        var before = (float[])Losses.Clone();
        for (var i = 0; i < logSnr.Count; i++)
        {
            var place = (logSnr[i] - min) / (max - min) * buckets;
            // Outside the range the original's search finds nothing and takes the first bucket.
            var bucket = place >= 0 && place < buckets ? (int)place : 0;
            Losses[bucket] = (float)(before[bucket] * keep + losses[i] * (1 - keep));
        }
    }

    protected override float Raw(float t) => throw new NotSupportedException("the adaptive schedule is a distribution, not a function of t");

    protected override float RawDraw(ref SplitMix64 random)
    {
        var target = random.NextDouble() * Losses.Sum(loss => loss + floor);
        var bucket = 0;
        for (; bucket < buckets - 1 && target >= Losses[bucket] + floor; bucket++)
            target -= Losses[bucket] + floor;
        return (float)(min + (max - min) * (bucket + random.NextDouble()) / buckets);
    }
}
