using MiniSora.Model.Solvers.Discrete;

namespace MiniSora.Model.Solvers;

/// <summary>Makes a solver for one trajectory with settled options.</summary>
internal static class SolverCatalog
{
    /// <summary>Kinds that <see cref="ForFlow"/> can make.</summary>
    public static IReadOnlyList<DiscreteSolverKind> FlowKinds { get; } =
        [DiscreteSolverKind.Euler, DiscreteSolverKind.Heun, DiscreteSolverKind.DpmPlusPlus2M, DiscreteSolverKind.DpmPlusPlus3M, DiscreteSolverKind.UniPc];

    /// <summary>
    /// For a network trained on <paramref name="schedule"/> (DiT, Latte, LatteT2V) that predicts <paramref name="output"/>; steps
    /// 1 … trained steps. Times are whole trained steps except Euler's and Heun's.
    /// </summary>
    public static IDiscreteSolver Create(DiscreteSolverKind kind, NoiseSchedule schedule, NetworkOutput output, int steps)
    {
        var dpm = new DpmOptions { Output = output };
        var euler = new EulerGridOptions { Output = output };
        return kind switch
        {
            DiscreteSolverKind.Ddim => new Ddim(schedule, new DdimOptions { Output = output }, steps),
            DiscreteSolverKind.Ddpm => new Ddpm(schedule, new DdpmOptions { Output = output }, steps),
            DiscreteSolverKind.DpmPlusPlus2M => new DpmMultistep(schedule, dpm, steps),
            DiscreteSolverKind.DpmPlusPlus2MKarras => new DpmMultistep(schedule, dpm with { Grid = new() { Curve = SigmaCurve.Karras } }, steps),
            DiscreteSolverKind.DpmPlusPlus2MSde => new DpmMultistep(schedule, dpm with { Algorithm = DpmAlgorithm.DataSde }, steps),
            DiscreteSolverKind.DpmPlusPlus3M => new DpmMultistep(schedule, dpm with { Order = 3 }, steps),
            DiscreteSolverKind.DpmPlusPlus2S => new DpmSinglestep(schedule, dpm, steps),
            DiscreteSolverKind.UniPc => new UniPc(schedule, new UniPcOptions { Output = output }, steps),
            DiscreteSolverKind.Euler => new EulerSolver(schedule, euler, steps),
            DiscreteSolverKind.EulerAncestral => new AncestralEuler(schedule, euler, steps),
            DiscreteSolverKind.Heun => new HeunSolver(schedule, euler, DataLimit.None, steps),
            DiscreteSolverKind.Pndm => new Pndm(schedule, new PndmOptions { Output = output, SkipRungeKutta = true }, steps),
            DiscreteSolverKind.Deis => new Deis(schedule, new DeisOptions { Output = output }, steps),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown solver"),
        };
    }

    /// <summary>
    /// For a network that predicts the velocity n − x₀ of the straight path, with σ = time / 1000. <paramref name="shift"/> as
    /// <see cref="FlowGrid.Shifted"/>. Times are exact, not rounded. Throws for kinds outside <see cref="FlowKinds"/>.
    /// </summary>
    public static IDiscreteSolver ForFlow(DiscreteSolverKind kind, double shift, int steps)
    {
        var path = new NoiseSchedule(new NoiseScheduleOptions()); // only its number of trained steps is used
        var grid = new MultistepGridOptions { Curve = SigmaCurve.Flow, FlowShift = shift, WholeTimes = false };
        var dpm = new DpmOptions { Output = NetworkOutput.Flow, Grid = grid };
        return kind switch
        {
            DiscreteSolverKind.Euler => new FlowEuler(new FlowGrid { Shift = shift }, steps),
            DiscreteSolverKind.Heun => new FlowHeun(new FlowGrid { Shift = shift }, steps),
            DiscreteSolverKind.DpmPlusPlus2M => new DpmMultistep(path, dpm, steps),
            DiscreteSolverKind.DpmPlusPlus3M => new DpmMultistep(path, dpm with { Order = 3 }, steps),
            DiscreteSolverKind.UniPc => new UniPc(path, new UniPcOptions { Output = NetworkOutput.Flow, Grid = grid }, steps),
            _ => throw new ArgumentException($"{kind} has no form for the straight path; there are {string.Join(", ", FlowKinds)}", nameof(kind)),
        };
    }
}
