namespace MiniSora.Model.Solvers.Discrete;

/// <summary>What a network predicts of x = α x₀ + σ n.</summary>
internal enum NetworkOutput
{
    /// <summary>The noise n.</summary>
    Epsilon,

    /// <summary>The data x₀.</summary>
    Sample,

    /// <summary>v = α n − σ x₀ (Salimans and Ho 2022).</summary>
    Velocity,

    /// <summary>n − x₀, of the straight path α = 1 − σ.</summary>
    Flow,
}
