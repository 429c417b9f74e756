namespace MiniSora.Model.Solvers.Discrete;

/// <summary>Which integral a DPM-Solver approximates.</summary>
internal enum DpmAlgorithm
{
    /// <summary>Of the predicted noise (Lu et al. 2022a).</summary>
    Noise,

    /// <summary>Of the predicted data, "++" (Lu et al. 2022b).</summary>
    Data,

    /// <summary>Of the predicted noise, for the SDE.</summary>
    NoiseSde,

    /// <summary>Of the predicted data, for the SDE.</summary>
    DataSde,
}

/// <summary>How the first derivative enters the second-order step.</summary>
internal enum DpmSecondOrder
{
    /// <summary>Half of the first-order coefficient.</summary>
    Midpoint,

    /// <summary>Its exact integral.</summary>
    Heun,
}

/// <summary>Options of both DPM-Solver variants.</summary>
internal sealed record DpmOptions
{
    /// <summary>1 to 3. Default 2.</summary>
    public int Order { get; init; } = 2;

    /// <summary>Default: data prediction, deterministic.</summary>
    public DpmAlgorithm Algorithm { get; init; } = DpmAlgorithm.Data;

    /// <summary>Default midpoint.</summary>
    public DpmSecondOrder SecondOrder { get; init; } = DpmSecondOrder.Midpoint;

    /// <summary>What the network predicts.</summary>
    public NetworkOutput Output { get; init; } = NetworkOutput.Epsilon;

    /// <summary>Lower the order in the last steps when there are fewer than 15.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Always make the last step one of first order.</summary>
    public bool EulerAtFinal { get; init; }

    /// <summary>Range of the predicted data.</summary>
    public DataLimit Limit { get; init; } = DataLimit.None;

    /// <summary>Times and levels.</summary>
    public MultistepGridOptions Grid { get; init; } = new();

    /// <summary>Whether noise is drawn in every step.</summary>
    public bool IsStochastic => Algorithm is DpmAlgorithm.NoiseSde or DpmAlgorithm.DataSde;

    /// <summary>Whether the solver works with data predictions.</summary>
    public bool UsesData => Algorithm is DpmAlgorithm.Data or DpmAlgorithm.DataSde;

    /// <summary>Throws if the options exclude each other.</summary>
    public void Check()
    {
        if (Order is < 1 or > 3)
            throw new ArgumentOutOfRangeException(nameof(Order), Order, "the order of DPM-Solver is 1, 2 or 3");
        if (!UsesData && Grid.Final == FinalSigma.Zero)
            throw new ArgumentException("a DPM-Solver on predicted noise cannot end at σ = 0: end at the smallest level");
    }
}
