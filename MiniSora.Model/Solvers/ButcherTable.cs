namespace MiniSora.Model.Solvers;

/// <summary>An explicit Runge–Kutta rule: where its slopes after the first are taken, of which slopes, and how they are averaged.</summary>
internal sealed record ButcherTable(IReadOnlyList<(double At, double[] Weights)> Stages, double[] Weights)
{
    private static readonly ButcherTable Euler = new([], [1]);
    private static readonly ButcherTable Midpoint = new([(1.0 / 2, [1.0 / 2])], [0, 1]);
    private static readonly ButcherTable Heun = new([(1, [1])], [1.0 / 2, 1.0 / 2]);
    private static readonly ButcherTable Heun3 = new([(1.0 / 3, [1.0 / 3]), (2.0 / 3, [0, 2.0 / 3])], [1.0 / 4, 0, 3.0 / 4]);
    private static readonly ButcherTable Kutta = new(
        [(1.0 / 3, [1.0 / 3]), (2.0 / 3, [-1.0 / 3, 1]), (1, [1, -1, 1])],
        [1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8]);

    /// <summary>The rule of a method with fixed steps.</summary>
    public static ButcherTable Of(OdeMethod method) => method switch
    {
        OdeMethod.Euler => Euler,
        OdeMethod.Midpoint => Midpoint,
        OdeMethod.Heun => Heun,
        OdeMethod.Heun3 => Heun3,
        OdeMethod.RungeKutta4 => Kutta,
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "no rule with fixed steps"),
    };
}
