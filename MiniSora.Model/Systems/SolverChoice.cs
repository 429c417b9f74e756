using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;

namespace MiniSora.Model.Systems;

/// <summary>Which solvers suit which objective.</summary>
public static class SolverChoice
{
    /// <summary>What can draw from a network trained on an objective, the automatic choice first.</summary>
    public static IReadOnlyList<SolverKind> For(ObjectiveKind objective) => objective switch
    {
        ObjectiveKind.RectifiedFlow => [SolverKind.Euler, SolverKind.Heun],
        ObjectiveKind.Interpolant => [SolverKind.Euler, SolverKind.Heun, SolverKind.Dopri5, SolverKind.Sde],
        ObjectiveKind.Diffusion => [SolverKind.Ddpm, SolverKind.Ddim, SolverKind.Dpmpp2m, SolverKind.Unipc],
        _ => throw new ArgumentOutOfRangeException(nameof(objective), objective, "unknown objective"),
    };

    /// <summary>The solver meant. Throws <see cref="SamplingException"/> for one that does not suit.</summary>
    internal static SolverKind Of(SolverKind wanted, ObjectiveKind objective)
    {
        var fit = For(objective);
        if (wanted == SolverKind.Auto)
            return fit[0];
        return fit.Contains(wanted) ? wanted : throw new SamplingException(
            "solver_unfit",
            $"{wanted} does not suit this checkpoint; {string.Join(", ", fit)} do.",
            new Dictionary<string, string> { ["solver"] = wanted.ToString(), ["choices"] = string.Join(", ", fit) });
    }
}
