namespace MiniSora.Model.Solvers.Edm;

/// <summary>Noise levels of an EDM trajectory and the functions σ(t), s(t) it is integrated with (Karras et al. 2022, table 1).</summary>
internal sealed class EdmGrid
{
    private readonly EdmSamplerOptions options;
    private readonly VpCurve curve;

    public EdmGrid(EdmSamplerOptions options, IPreconditioning preconditioning)
    {
        if (options.Steps < 2)
            throw new ArgumentOutOfRangeException(nameof(options), options.Steps, "an EDM trajectory has at least 2 levels");
        this.options = options;
        var usual = new VpCurve();
        var sigmaMin = Math.Max(preconditioning.SigmaMin, options.SigmaMin ?? options.Levels switch
        {
            EdmLevels.VariancePreserving => usual.Sigma(options.Epsilon),
            EdmLevels.VarianceExploding => 0.02,
            _ => 0.002,
        });
        var sigmaMax = Math.Min(preconditioning.SigmaMax, options.SigmaMax ?? options.Levels switch
        {
            EdmLevels.VariancePreserving => usual.Sigma(1),
            EdmLevels.VarianceExploding => 100,
            EdmLevels.ImprovedDdpm => 81,
            _ => 80,
        });
        curve = VpCurve.Through(sigmaMin, sigmaMax, options.Epsilon);
        Sigmas = [.. Levels(sigmaMin, sigmaMax).Select(preconditioning.Round), 0];
        Times = [.. Sigmas[..^1].Select(Time), 0];
    }

    /// <summary>Visited levels, falling, and 0.</summary>
    public double[] Sigmas { get; }

    /// <summary>Times that belong to them, and 0.</summary>
    public double[] Times { get; }

    /// <summary>σ at t.</summary>
    public double Sigma(double t) => options.Schedule switch
    {
        EdmSchedule.Linear => t,
        EdmSchedule.VariancePreserving => curve.Sigma(t),
        EdmSchedule.VarianceExploding => Math.Sqrt(t),
        _ => throw new InvalidOperationException($"unknown schedule {options.Schedule}"),
    };

    /// <summary>dσ/dt.</summary>
    public double SigmaSlope(double t) => options.Schedule switch
    {
        EdmSchedule.Linear => 1,
        EdmSchedule.VariancePreserving => curve.Slope(t),
        EdmSchedule.VarianceExploding => 0.5 / Math.Sqrt(t),
        _ => throw new InvalidOperationException($"unknown schedule {options.Schedule}"),
    };

    /// <summary>t at σ.</summary>
    public double Time(double sigma) => options.Schedule switch
    {
        EdmSchedule.Linear => sigma,
        EdmSchedule.VariancePreserving => curve.Time(sigma),
        EdmSchedule.VarianceExploding => sigma * sigma,
        _ => throw new InvalidOperationException($"unknown schedule {options.Schedule}"),
    };

    /// <summary>s at t.</summary>
    public double Scale(double t) => options.ScalesState ? 1 / Math.Sqrt(1 + Sigma(t) * Sigma(t)) : 1;

    /// <summary>ds/dt.</summary>
    public double ScaleSlope(double t) => options.ScalesState ? -Sigma(t) * SigmaSlope(t) * Math.Pow(Scale(t), 3) : 0;

    private IEnumerable<double> Levels(double sigmaMin, double sigmaMax)
    {
        var parts = Enumerable.Range(0, options.Steps).Select(i => (double)i / (options.Steps - 1));
        switch (options.Levels)
        {
            case EdmLevels.Edm:
                double from = Math.Pow(sigmaMax, 1 / options.Rho), to = Math.Pow(sigmaMin, 1 / options.Rho);
                return parts.Select(part => Math.Pow(from + part * (to - from), options.Rho));
            case EdmLevels.VariancePreserving:
                return parts.Select(part => curve.Sigma(1 + part * (options.Epsilon - 1)));
            case EdmLevels.VarianceExploding:
                return parts.Select(part => sigmaMax * Math.Pow(sigmaMin / sigmaMax, part));
            case EdmLevels.ImprovedDdpm:
                var levels = CosineLevels.Of(options.TrainSteps, options.C1, options.C2, single: false).Where(level => level >= sigmaMin && level <= sigmaMax).ToArray();
                return Enumerable.Range(0, options.Steps).Select(i =>
                    levels[(int)Math.Round((levels.Length - 1.0) / (options.Steps - 1) * i, MidpointRounding.ToEven)]);
            default:
                throw new InvalidOperationException($"unknown levels {options.Levels}");
        }
    }
}
