namespace MiniSora.Model.Objectives;

/// <summary>
/// Every coefficient of a process, from its β (Ho et al. 2020, eqs. 4 to 7): α = 1 − β, ᾱ its running product, posterior q(x_(t−1) | x_t, x_0) with
/// mean a·x_0 + b·x_t and variance β̃.
/// </summary>
internal sealed class DiffusionTables : IDisposable
{
    private readonly List<CoefficientTable> tables = [];

    public DiffusionTables(IReadOnlyList<double> betas)
    {
        if (betas.Count == 0 || betas.Any(beta => beta is not (> 0 and <= 1)))
            throw new ArgumentException("every beta lies in (0, 1] and there is at least one", nameof(betas));
        var steps = betas.Count;
        var alphaBar = new double[steps];
        var product = 1.0;
        for (var i = 0; i < steps; i++)
            alphaBar[i] = product *= 1 - betas[i];
        double[] previous = [1, .. alphaBar[..^1]];
        var variance = Each(i => betas[i] * (1 - previous[i]) / (1 - alphaBar[i]));
        // The first step's posterior has no variance, and log 0 is no use: it takes the second's. A process of one step has none.
        var second = steps > 1 ? variance[1] : betas[0];
        double[] large = [second, .. betas.Skip(1)];
        var dataFactor = Each(i => betas[i] * Math.Sqrt(previous[i]) / (1 - alphaBar[i]));
        var stateFactor = Each(i => (1 - previous[i]) * Math.Sqrt(1 - betas[i]) / (1 - alphaBar[i]));

        Betas = Table(betas);
        LogBetas = Table(betas.Select(beta => Math.Log(beta)));
        AlphaBar = Table(alphaBar);
        AlphaBarPrevious = Table(previous);
        AlphaBarNext = Table([.. alphaBar[1..], 0]);
        SqrtAlphaBar = Table(alphaBar.Select(a => Math.Sqrt(a)));
        SqrtOneMinusAlphaBar = Table(alphaBar.Select(a => Math.Sqrt(1 - a)));
        OneMinusAlphaBar = Table(alphaBar.Select(a => 1 - a));
        LogOneMinusAlphaBar = Table(alphaBar.Select(a => Math.Log(1 - a)));
        SqrtReciprocalAlphaBar = Table(alphaBar.Select(a => Math.Sqrt(1 / a)));
        SqrtReciprocalAlphaBarMinusOne = Table(alphaBar.Select(a => Math.Sqrt(1 / a - 1)));
        PosteriorVariance = Table(variance);
        PosteriorLogVariance = Table([Math.Log(second), .. variance.Skip(1).Select(value => Math.Log(value))]);
        PosteriorDataFactor = Table(dataFactor);
        PosteriorStateFactor = Table(stateFactor);
        PreviousToData = Table(dataFactor.Select(a => 1 / a));
        StateToData = Table(Each(i => stateFactor[i] / dataFactor[i]));
        LargeVariance = Table(large);
        LargeLogVariance = Table(large.Select(value => Math.Log(value)));
        Snr = Table(alphaBar.Select(a => a / (1 - a)));

        double[] Each(Func<int, double> of) => [.. Enumerable.Range(0, steps).Select(of)];
        CoefficientTable Table(IEnumerable<double> values)
        {
            var table = new CoefficientTable(values);
            tables.Add(table);
            return table;
        }
    }

    /// <summary>β.</summary>
    public CoefficientTable Betas { get; }

    /// <summary>log β.</summary>
    public CoefficientTable LogBetas { get; }

    /// <summary>ᾱ.</summary>
    public CoefficientTable AlphaBar { get; }

    /// <summary>ᾱ one step nearer to the data; 1 at the first.</summary>
    public CoefficientTable AlphaBarPrevious { get; }

    /// <summary>ᾱ one step nearer to the noise; 0 at the last.</summary>
    public CoefficientTable AlphaBarNext { get; }

    /// <summary>√ᾱ.</summary>
    public CoefficientTable SqrtAlphaBar { get; }

    /// <summary>√(1 − ᾱ).</summary>
    public CoefficientTable SqrtOneMinusAlphaBar { get; }

    /// <summary>1 − ᾱ.</summary>
    public CoefficientTable OneMinusAlphaBar { get; }

    /// <summary>log(1 − ᾱ).</summary>
    public CoefficientTable LogOneMinusAlphaBar { get; }

    /// <summary>√(1/ᾱ).</summary>
    public CoefficientTable SqrtReciprocalAlphaBar { get; }

    /// <summary>√(1/ᾱ − 1).</summary>
    public CoefficientTable SqrtReciprocalAlphaBarMinusOne { get; }

    /// <summary>β̃; 0 at the first step.</summary>
    public CoefficientTable PosteriorVariance { get; }

    /// <summary>log β̃ with the second step's at the first.</summary>
    public CoefficientTable PosteriorLogVariance { get; }

    /// <summary>a of the posterior's mean.</summary>
    public CoefficientTable PosteriorDataFactor { get; }

    /// <summary>b of the posterior's mean.</summary>
    public CoefficientTable PosteriorStateFactor { get; }

    /// <summary>1/a.</summary>
    public CoefficientTable PreviousToData { get; }

    /// <summary>b/a.</summary>
    public CoefficientTable StateToData { get; }

    /// <summary>β with the second step's β̃ at the first.</summary>
    public CoefficientTable LargeVariance { get; }

    /// <summary>Its logarithm.</summary>
    public CoefficientTable LargeLogVariance { get; }

    /// <summary>ᾱ / (1 − ᾱ).</summary>
    public CoefficientTable Snr { get; }

    /// <inheritdoc/>
    public void Dispose() => tables.ForEach(table => table.Dispose());
}
