using MiniSora.Model.Solvers.Discrete;
using MiniSora.Model.Verification;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Solvers.Discrete;

public sealed class ConvergenceTests : TorchTests
{
    private static readonly GaussianTarget Target = new();
    private static readonly MultistepGridOptions EvenLambda = new() { Curve = SigmaCurve.Lambda, WholeTimes = false };
    private static readonly EulerGridOptions EvenLog = new() { Curve = SigmaCurve.Exponential };

    /// <summary>Error at the last visited level, before the step that leaves the schedule.</summary>
    private static double Error(Func<NoiseSchedule, int, IDiscreteSolver> create, int steps, bool exploding = false)
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions { BetaEnd = 0.01 });
        using var solver = create(schedule, steps);
        var levels = solver.Sigmas!.Select(NoiseLevel.FromRatio).ToArray();
        double Scale(int i) => exploding ? levels[i].Alpha : 1; // the network's state is α times the exploding one
        var start = 0.9;
        var x = tensor([start / Scale(0)], [1, 1], dtype: ScalarType.Float64);
        for (var i = 0; i < solver.Times.Count - 1; i++)
            x = solver.Step(Target.Predict(NetworkOutput.Epsilon, levels[i], solver.ScaleInput(x, i)), i, x, new RecordedNoise(null, 0));
        var last = solver.Times.Count - 1;
        return Math.Abs(x.ToDouble() * Scale(last) - Target.Solution(start, levels[0], levels[last]));
    }

    private static double Ratio(Func<NoiseSchedule, int, IDiscreteSolver> create, bool exploding = false) =>
        Error(create, 41, exploding) / Error(create, 81, exploding);

    [Fact]
    public void Dpm_plus_plus_1_is_first_order() =>
        Assert.InRange(Ratio((schedule, steps) => new DpmMultistep(schedule, new DpmOptions { Order = 1, Grid = EvenLambda }, steps)), 1.8, 2.3);

    [Theory]
    [InlineData("midpoint")]
    [InlineData("heun")]
    public void Dpm_plus_plus_2M_is_second_order(string kind) => Assert.InRange(
        Ratio((schedule, steps) => new DpmMultistep(schedule, new DpmOptions { SecondOrder = kind == "heun" ? DpmSecondOrder.Heun : DpmSecondOrder.Midpoint, Grid = EvenLambda }, steps)),
        3.3, 5);

    [Fact]
    public void Dpm_plus_plus_3M_beats_2M() => Assert.True(
        Error((schedule, steps) => new DpmMultistep(schedule, new DpmOptions { Order = 3, Grid = EvenLambda }, steps), 41)
        < Error((schedule, steps) => new DpmMultistep(schedule, new DpmOptions { Grid = EvenLambda }, steps), 41) / 2);

    [Fact]
    public void UniPc_of_order_1_is_second_order_thanks_to_its_corrector() => Assert.InRange(
        Ratio((schedule, steps) => new UniPc(schedule, new UniPcOptions { Order = 1, Grid = EvenLambda }, steps)), 3.3, 6);

    [Fact]
    public void UniPc_beats_dpm_plus_plus_of_the_same_order() => Assert.True(
        Error((schedule, steps) => new UniPc(schedule, new UniPcOptions { Grid = EvenLambda }, steps), 41)
        < Error((schedule, steps) => new DpmMultistep(schedule, new DpmOptions { Grid = EvenLambda }, steps), 41) / 2);

    [Fact]
    public void Deis_is_second_order() => Assert.InRange(
        Ratio((schedule, steps) => new Deis(schedule, new DeisOptions { Grid = EvenLambda with { Final = FinalSigma.Smallest } }, steps)), 3.3, 5);

    [Fact]
    public void Euler_is_first_order() =>
        Assert.InRange(Ratio((schedule, steps) => new EulerSolver(schedule, EvenLog, steps), exploding: true), 1.8, 2.3);

    [Fact]
    public void Heun_is_second_order() =>
        Assert.InRange(Ratio((schedule, steps) => new HeunSolver(schedule, EvenLog, DataLimit.None, steps), exploding: true), 3.3, 5);
}
