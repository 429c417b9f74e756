using MiniSora.Model.Layers;
using MiniSora.Model.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>What the network predicts.</summary>
internal enum DiffusionTarget
{
    /// <summary>The noise.</summary>
    Epsilon,

    /// <summary>The image.</summary>
    Image,

    /// <summary>a·noise − b·image (Salimans and Ho 2022).</summary>
    Velocity,

    /// <summary>noise − image.</summary>
    RectifiedFlow,
}

/// <summary>A noised batch.</summary>
/// <param name="Noised">a·image + b·noise.</param>
/// <param name="Noise">The noise, offset included.</param>
/// <param name="Target">What the network should answer.</param>
/// <param name="LogSnr">Log signal-to-noise ratio of each sample.</param>
/// <param name="Level">What the network is told.</param>
/// <param name="Weight">Weight of each sample's error.</param>
internal sealed record Diffused(Tensor Noised, Tensor Noise, Tensor Target, float[] LogSnr, float[] Level, float[] Weight);

/// <summary>
/// Stable Cascade's "generalised diffusion framework" (Stability-AI/StableCascade, gdf): everything is a function of the log
/// signal-to-noise ratio, and schedule, scaler, target, condition and weight are chosen apart.
/// </summary>
internal sealed record Gdf
{
    /// <summary>Noise over time.</summary>
    public LogSnrSchedule Schedule { get; init; } = new CosineSchedule();

    /// <summary>Weights of image and noise.</summary>
    public SignalScaler Scaler { get; init; } = new VariancePreservingScaler();

    /// <summary>What the network predicts.</summary>
    public DiffusionTarget Target { get; init; } = DiffusionTarget.Epsilon;

    /// <summary>What the network is told.</summary>
    public NoiseCondition Condition { get; init; } = new CosineCondition();

    /// <summary>How errors count.</summary>
    public LossWeight Weight { get; init; } = new P2Weight();

    /// <summary>Share of a second noise that is constant over an image's channel.</summary>
    public double OffsetNoise { get; init; }

    /// <summary>
    /// Noises images [B, …] to the given log signal-to-noise ratios [B]. <paramref name="offset"/> [B, C, 1, …] is needed with
    /// <see cref="OffsetNoise"/>; <paramref name="lossShift"/> see <see cref="LossWeight.At"/>.
    /// </summary>
    public Diffused Diffuse(Tensor images, Tensor noise, float[] logSnr, double lossShift = 1, Tensor? offset = null)
    {
        if (OffsetNoise > 0)
            noise = noise.Plus((offset ?? throw new ArgumentNullException(nameof(offset))).mul(HeldScalar.Of(OffsetNoise)));
        var (a, b) = Scales(images, logSnr);
        var target = Target switch
        {
            DiffusionTarget.Epsilon => noise,
            DiffusionTarget.Image => images,
            DiffusionTarget.Velocity => (a * noise).Minus(b * images),
            DiffusionTarget.RectifiedFlow => noise.Minus(images),
            _ => throw new InvalidOperationException($"Unknown target {Target}."),
        };
        return new Diffused(
            (images * a).Plus(noise * b), noise, target, logSnr,
            [.. logSnr.Select(Condition.At)], [.. logSnr.Select(value => Weight.At(value, lossShift))]);
    }

    /// <summary>Image and noise behind a noised batch and the network's answer.</summary>
    public (Tensor Image, Tensor Noise) Undiffuse(Tensor noised, float[] logSnr, Tensor answer)
    {
        var (a, b) = Scales(noised, logSnr);
        switch (Target)
        {
            case DiffusionTarget.Epsilon:
                return (noised.Minus(answer * b) / a, answer);
            case DiffusionTarget.Image:
                return (answer, noised.Minus(answer * a) / b);
            case DiffusionTarget.Velocity:
                var squares = (a * a).Plus(b * b);
                return ((a / squares * noised).Minus(b / squares * answer), (b / squares * noised).Plus(a / squares * answer));
            case DiffusionTarget.RectifiedFlow:
                return (noised.Minus(answer * b), noised.Plus(answer * a));
            default:
                throw new InvalidOperationException($"Unknown target {Target}.");
        }
    }

    /// <summary>a and b at a log signal-to-noise ratio.</summary>
    public NoiseLevel Level(float logSnr)
    {
        var (a, b) = Scaler.At(logSnr);
        return new(a, b);
    }

    /// <summary>a and b, each [B, 1, …] like <paramref name="like"/>.</summary>
    private (Tensor A, Tensor B) Scales(Tensor like, float[] logSnr)
    {
        var pairs = logSnr.Select(Scaler.At).ToArray();
        long[] shape = [logSnr.Length, .. Enumerable.Repeat(1L, (int)like.dim() - 1)];
        Tensor Column(IEnumerable<float> values) => tensor(values.ToArray(), shape, device: like.device);
        return (Column(pairs.Select(pair => pair.A)), Column(pairs.Select(pair => pair.B)));
    }
}
