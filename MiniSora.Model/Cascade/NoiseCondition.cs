namespace MiniSora.Model.Cascade;

/// <summary>What the network is told about the noise: a function of the log signal-to-noise ratio (gdf/noise_conditions.py).</summary>
internal abstract class NoiseCondition
{
    /// <summary>Undoes a schedule's shift.</summary>
    public double Shift { get; init; } = 1;

    /// <summary>Range of the result.</summary>
    public (float Min, float Max) Range { get; init; } = (-1e9f, 1e9f);

    /// <summary>The network's input.</summary>
    public float At(float logSnr) => Math.Clamp(Raw(Shift == 1 ? logSnr : logSnr + (float)(2 * Math.Log(Shift))), Range.Min, Range.Max);

    /// <summary>The formula.</summary>
    protected abstract float Raw(float logSnr);

    /// <summary>1 / (1 + e^−x).</summary>
    protected static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));
}

/// <summary>The time of the unshifted cosine schedule, in [0, 1].</summary>
internal sealed class CosineCondition : NoiseCondition
{
    private readonly float offset;
    private readonly float atZero;

    public CosineCondition(double offset = 0.008)
    {
        this.offset = (float)offset;
        var root = MathF.Cos(this.offset / (1 + this.offset) * MathF.PI * 0.5f);
        atZero = root * root;
        Range = (0, 1);
    }

    protected override float Raw(float logSnr) =>
        MathF.Acos(MathF.Sqrt(Math.Clamp(Sigmoid(logSnr), Range.Min, Range.Max) * atZero)) / (MathF.PI * 0.5f) * (1 + offset) - offset;
}

/// <summary>−log SNR / 8: a quarter of ln σ, as EDM conditions.</summary>
internal sealed class EdmCondition : NoiseCondition
{
    protected override float Raw(float logSnr) => -logSnr / 8;
}

/// <summary>The noise's share of the variance.</summary>
internal sealed class SigmoidCondition : NoiseCondition
{
    protected override float Raw(float logSnr) => Sigmoid(-logSnr);
}

/// <summary>The log signal-to-noise ratio itself.</summary>
internal sealed class LogSnrCondition : NoiseCondition
{
    protected override float Raw(float logSnr) => logSnr;
}

/// <summary>σ times the data's deviation.</summary>
internal sealed class EdmSigmaCondition(double deviation = 1) : NoiseCondition
{
    protected override float Raw(float logSnr) => MathF.Exp(-logSnr / 2) * (float)deviation;
}

/// <summary>The image's share on the straight path, as the original has it (not the noise's).</summary>
internal sealed class RectifiedFlowCondition : NoiseCondition
{
    protected override float Raw(float logSnr) => InterpolatingScaler.SignalShare(logSnr);
}

/// <summary>The time of Stable Diffusion's schedule, in [0, 1].</summary>
internal sealed class StableDiffusionCondition(double first = 0.00085, double last = 0.012, int steps = 1000) : NoiseCondition
{
    private readonly AlphaTable table = new(first, last, steps);

    protected override float Raw(float logSnr) => Math.Clamp(table.TimeAt(Sigmoid(logSnr)), 0, 1);
}

/// <summary>Another condition over a range, cut to a whole number of steps.</summary>
internal sealed class DiscreteCondition(NoiseCondition inner, int steps = 1000, double from = 0, double to = 1) : NoiseCondition
{
    protected override float Raw(float logSnr) => (long)((inner.At(logSnr) - (float)from) / (float)(to - from) * steps);
}
