namespace MiniSora.Model.Cascade;

/// <summary>Weights a of the image and b of the noise at a log signal-to-noise ratio (gdf/scalers.py); float32 like the original.</summary>
internal abstract class SignalScaler
{
    /// <summary>Smallest and largest a, smallest and largest b, that are stretched to 0 and 1; null: not stretched.</summary>
    public (float MinA, float MaxA, float MinB, float MaxB)? Stretched { get; private set; }

    /// <summary>(a, b).</summary>
    public (float A, float B) At(float logSnr)
    {
        var (a, b) = Raw(logSnr);
        return Stretched is var (minA, maxA, minB, maxB) ? ((a - minA) / (maxA - minA), (b - minB) / (maxB - minB)) : (a, b);
    }

    /// <summary>From now on stretches so that the schedule's ends mean pure noise (<paramref name="noise"/>) and a pure image (<paramref name="image"/>).</summary>
    public (float MinA, float MaxA, float MinB, float MaxB) Stretch(LogSnrSchedule schedule, bool noise = true, bool image = true, double shift = 1)
    {
        var (minA, maxB) = noise ? At(schedule.At(1, shift)) : (0, 1);
        var (maxA, minB) = image ? At(schedule.At(0, shift)) : (1, 0);
        Stretched = (minA, maxA, minB, maxB);
        return (minA, maxA, minB, maxB);
    }

    /// <summary>The formula.</summary>
    protected abstract (float A, float B) Raw(float logSnr);
}

/// <summary>a² + b² = 1, a² = sigmoid of the log signal-to-noise ratio.</summary>
internal sealed class VariancePreservingScaler : SignalScaler
{
    protected override (float A, float B) Raw(float logSnr)
    {
        var squared = 1 / (1 + MathF.Exp(-logSnr));
        return (MathF.Sqrt(squared), MathF.Sqrt(1 - squared));
    }
}

/// <summary>a + b = 1.</summary>
internal sealed class InterpolatingScaler : SignalScaler
{
    protected override (float A, float B) Raw(float logSnr)
    {
        var a = SignalShare(logSnr);
        return (a, 1 - a);
    }

    /// <summary>The a of a/(1 − a) = √SNR, by the original's formula with its step around SNR = 1.</summary>
    public static float SignalShare(float logSnr)
    {
        var excess = MathF.Exp(logSnr) - 1;
        if (excess == 0)
            excess = 1e-3f;
        return 1 + (2 - MathF.Sqrt(4 + 4 * excess)) / (2 * excess);
    }
}
