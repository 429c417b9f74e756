namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Form of the shift that depends on the clip's size.</summary>
internal enum ResolutionShift
{
    /// <summary>s = e^μ (Esser et al. 2024, section 5.3.2, as used by Flux).</summary>
    Exponential,

    /// <summary>s = μ.</summary>
    Linear,
}

/// <summary>
/// Times of the flow-matching samplers. A shift s moves σ to s σ / (1 + (s − 1) σ). The static shift acts twice, on the smallest level
/// of the range and on the grid, as in the published pipelines that checkpoints are used with.
/// </summary>
internal sealed record FlowGrid
{
    /// <summary>Steps the network's time is counted in.</summary>
    public int TrainSteps { get; init; } = 1000;

    /// <summary>Static shift; 1: none.</summary>
    public double Shift { get; init; } = 1;

    /// <summary>μ of a shift by resolution, which then replaces the static one.</summary>
    public double? Mu { get; init; }

    /// <summary>How μ acts.</summary>
    public ResolutionShift MuForm { get; init; } = ResolutionShift.Exponential;

    /// <summary>Stretch the levels so that the last is this; null: do not.</summary>
    public double? Terminal { get; init; }

    /// <summary>Replace the levels between the ends; trained: keep.</summary>
    public SigmaCurve Curve { get; init; } = SigmaCurve.Trained;

    /// <summary>Count from data to noise: levels 1 − σ, ending at 1.</summary>
    public bool Inverted { get; init; }

    /// <summary>s σ / (1 + (s − 1) σ).</summary>
    public static double Shifted(double sigma, double shift) => shift * sigma / (1 + (shift - 1) * sigma);

    /// <summary>Times (σ·N in float32) and levels of <paramref name="steps"/> steps.</summary>
    public SigmaGrid Build(int steps)
    {
        double Edge(double sigma) => Mu is null ? (float)Shifted((float)sigma, Shift) : (float)sigma;
        var sigmas = TimestepGrid.Even(Edge(1) * TrainSteps, Edge(1.0 / TrainSteps) * TrainSteps, steps).Select(time => time / TrainSteps);
        sigmas = Mu is { } mu
            ? sigmas.Select(sigma => Shifted(sigma, MuForm == ResolutionShift.Exponential ? Math.Exp(mu) : mu))
            : sigmas.Select(sigma => Shifted(sigma, Shift));
        var levels = sigmas.ToArray();
        if (Terminal is { } terminal)
        {
            var scale = (1 - levels[^1]) / (1 - terminal);
            levels = [.. levels.Select(level => 1 - (1 - level) / scale)];
        }

        levels = Curve switch
        {
            SigmaCurve.Trained => levels,
            SigmaCurve.Karras => SigmaGrid.Karras(levels[^1], levels[0], steps),
            SigmaCurve.Exponential => SigmaGrid.Exponential(levels[^1], levels[0], steps),
            _ => throw new InvalidOperationException("levels of the flow samplers are shifted, Karras or exponential"),
        };
        if (Inverted)
            levels = [.. levels.Select(level => 1 - (double)(float)level)];
        return SigmaGrid.From(levels.Select(level => (double)((float)level * TrainSteps)), levels, Inverted ? 1 : 0);
    }
}
