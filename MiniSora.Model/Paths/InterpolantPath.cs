using MiniSora.Model.Layers;
using MiniSora.Model.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Paths;

/// <summary>
/// x_t = α_t x_1 + σ_t x_0 with noise x_0 at t = 0 and data x_1 at t = 1 (Ma et al. 2024, "SiT"; Albergo et al. 2023). Coefficients take times
/// of any shape and have it; the other methods take t [B] for x [B, …].
/// </summary>
internal abstract class InterpolantPath
{
    private static readonly InterpolantPath Straight = new LinearPath();
    private static readonly InterpolantPath Circle = new GvpPath();
    private static readonly InterpolantPath Preserving = new VpPath();

    /// <summary>The path of a kind.</summary>
    public static InterpolantPath Of(PathKind kind) => kind switch
    {
        PathKind.Linear => Straight,
        PathKind.Gvp => Circle,
        PathKind.Vp => Preserving,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown path"),
    };

    /// <summary>α.</summary>
    public abstract Tensor Alpha(Tensor t);

    /// <summary>dα/dt.</summary>
    public abstract Tensor AlphaSlope(Tensor t);

    /// <summary>σ.</summary>
    public abstract Tensor Sigma(Tensor t);

    /// <summary>dσ/dt.</summary>
    public abstract Tensor SigmaSlope(Tensor t);

    /// <summary>(dα/dt) / α.</summary>
    public abstract Tensor AlphaLogSlope(Tensor t);

    /// <summary>t [B] as [B, 1, …], to broadcast over x.</summary>
    public static Tensor Column(Tensor t, Tensor x)
    {
        var shape = Enumerable.Repeat(1L, (int)x.dim()).ToArray();
        shape[0] = t.shape[0];
        return t.view(shape);
    }

    /// <summary>x_t.</summary>
    public Tensor Mix(Tensor data, Tensor noise, Tensor t)
    {
        using var scope = NewDisposeScope();
        var column = Column(t, data);
        return (Alpha(column) * data).Plus(Sigma(column) * noise).MoveToOuterDisposeScope();
    }

    /// <summary>dx_t/dt for this pair: what a velocity network is trained on.</summary>
    public Tensor Velocity(Tensor data, Tensor noise, Tensor t)
    {
        using var scope = NewDisposeScope();
        var column = Column(t, data);
        return (AlphaSlope(column) * data).Plus(SigmaSlope(column) * noise).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Mean f and variance g of the forward SDE in the score's terms: the velocity is −f + g · score. g is [B, 1, …].
    /// </summary>
    public virtual (Tensor Mean, Tensor Variance) Drift(Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        var column = Column(t, x);
        var mean = (AlphaLogSlope(column) * x).neg();
        return scope.MoveToOuter(mean, DriftVariance(column));
    }

    /// <summary>The coefficient w of a reverse SDE, [B, 1, …]: dx = (v + w · score) dt + √(2w) dW.</summary>
    public Tensor Diffusion(DiffusionForm form, double norm, Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        var column = Column(t, x);
        var held = HeldScalar.Of(norm);
        var angle = column.mul(HeldScalar.Of(Math.PI));
        var result = form switch
        {
            DiffusionForm.Constant => ones_like(column).mul(held),
            DiffusionForm.ScoreBased => DriftVariance(column).mul(held),
            DiffusionForm.Sigma => Sigma(column).mul(held),
            DiffusionForm.Linear => column.neg().PlusOne().mul(held),
            DiffusionForm.Decreasing => angle.cos().mul(held).PlusOne().square().mul(HeldScalar.Of(0.25)),
            DiffusionForm.IncreasingDecreasing => angle.sin().square().mul(held),
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, "unknown diffusion form"),
        };
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>∇ log p_t(x) that a velocity means: (ρ v − x) / (σ² − ρ σ' σ) with ρ = α/α'.</summary>
    public Tensor ScoreFromVelocity(Tensor velocity, Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        var column = Column(t, x);
        var (ratio, sigma) = (Alpha(column) / AlphaSlope(column), Sigma(column));
        return (ratio * velocity).Minus(x).div((sigma * sigma).Minus(ratio * SigmaSlope(column) * sigma)).MoveToOuterDisposeScope();
    }

    /// <summary>E[x_0 | x_t] that a velocity means: (ρ v − x) / (ρ σ' − σ).</summary>
    public Tensor NoiseFromVelocity(Tensor velocity, Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        var column = Column(t, x);
        var ratio = Alpha(column) / AlphaSlope(column);
        return (ratio * velocity).Minus(x).div((ratio * SigmaSlope(column)).Minus(Sigma(column))).MoveToOuterDisposeScope();
    }

    /// <summary>E[x_1 | x_t], the data that a velocity points to: (σ' x − σ v) / (α σ' − α' σ).</summary>
    public Tensor DataFromVelocity(Tensor velocity, Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        var column = Column(t, x);
        var (sigma, slope) = (Sigma(column), SigmaSlope(column));
        return (slope * x).Minus(sigma * velocity).div((Alpha(column) * slope).Minus(AlphaSlope(column) * sigma)).MoveToOuterDisposeScope();
    }

    /// <summary>α and σ at a time.</summary>
    public NoiseLevel Level(double time)
    {
        using var scope = NewDisposeScope();
        var t = tensor(time, dtype: ScalarType.Float64);
        return new(Alpha(t).item<double>(), Sigma(t).item<double>());
    }

    /// <summary>The velocity that a score means: −f + g · score.</summary>
    public Tensor VelocityFromScore(Tensor score, Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        var (mean, variance) = Drift(x, t);
        return (variance * score).Minus(mean).MoveToOuterDisposeScope();
    }

    /// <summary>The score that predicted noise means: −ε / σ.</summary>
    public Tensor ScoreFromNoise(Tensor noise, Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        return noise.div(Sigma(Column(t, x)).neg()).MoveToOuterDisposeScope();
    }

    /// <summary>g = σ² α'/α − σ σ'; times of any shape.</summary>
    protected virtual Tensor DriftVariance(Tensor t)
    {
        var sigma = Sigma(t);
        return (AlphaLogSlope(t) * (sigma * sigma)).Minus(sigma * SigmaSlope(t));
    }
}
