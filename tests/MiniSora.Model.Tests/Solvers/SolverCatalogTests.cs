using MiniSora.Model.Solvers;
using MiniSora.Model.Solvers.Discrete;
using MiniSora.Model.Tests.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Solvers;

public sealed class SolverCatalogTests : TorchTests
{
    private static readonly NoiseSchedule Schedule = MakeSchedule();

    public static TheoryData<DiscreteSolverKind> Kinds => [.. Enum.GetValues<DiscreteSolverKind>()];

    public static TheoryData<DiscreteSolverKind> FlowKinds => [.. SolverCatalog.FlowKinds];

    private static NoiseSchedule MakeSchedule()
    {
        MiniSora.Model.Native.TorchRuntime.EnsureLoaded();
        return new NoiseSchedule(new NoiseScheduleOptions());
    }

    private static Tensor Run(IDiscreteSolver solver, Tensor start, long[] seeds, Func<int, Tensor, Tensor> network)
    {
        using var noise = new SeededNoise(seeds);
        var i = 0;
        return DiscreteTrajectory.Run(solver, start, (x, _) => network(i++, x), noise);
    }

    private static void Moments(IDiscreteSolver solver, bool straight, double tolerance)
    {
        var target = new GaussianTarget();
        using var generator = new Generator(3, CPU);
        var end = Run(solver, randn([1, 20000], generator: generator), [7], (i, x) =>
            target.Predict(straight ? NetworkOutput.Flow : NetworkOutput.Epsilon, GaussianTarget.LevelAt(solver, Schedule, straight, i), x));
        Assert.Equal(target.Mean, end.mean().ToDouble(), tolerance);
        Assert.Equal(target.Deviation, end.std().ToDouble(), tolerance);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void With_the_exact_score_of_a_gaussian_mean_and_deviation_come_out(DiscreteSolverKind kind)
    {
        // The deviation's error of a first-order rule is in proportion to its step: of DDPM 0.03 with 100 steps, 0.007 with 500.
        var isFirstOrder = kind is DiscreteSolverKind.Ddim or DiscreteSolverKind.Ddpm or DiscreteSolverKind.EulerAncestral;
        using var solver = SolverCatalog.Create(kind, Schedule, NetworkOutput.Epsilon, isFirstOrder ? 500 : 100);
        Moments(solver, straight: false, 0.02);
    }

    [Theory]
    [MemberData(nameof(FlowKinds))]
    public void On_the_straight_path_too(DiscreteSolverKind kind)
    {
        // Euler's deviation is 0.377 with 60 steps and 0.394 with 240.
        using var solver = SolverCatalog.ForFlow(kind, 3, kind == DiscreteSolverKind.Euler ? 240 : 60);
        Moments(solver, straight: true, 0.02);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_clip_is_the_same_alone_and_among_others(DiscreteSolverKind kind)
    {
        using var generator = new Generator(5, CPU);
        var start = randn([3, 2, 4], generator: generator);
        Tensor Draw(Tensor from, long[] seeds)
        {
            using var solver = SolverCatalog.Create(kind, Schedule, NetworkOutput.Epsilon, 6);
            return Run(solver, from, seeds, (_, x) => x.tanh());
        }

        var together = Draw(start, [11, 12, 13]);
        var alone = Draw(start.narrow(0, 1, 1), [12]);
        Assert.True(SameBits(together.narrow(0, 1, 1), alone));
        Assert.False(SameBits(together.narrow(0, 0, 1), alone));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_three_kinds_of_prediction_give_the_same_clip(DiscreteSolverKind kind)
    {
        if (kind == DiscreteSolverKind.Pndm)
            return; // combines raw predictions, so that they differ by design
        var target = new GaussianTarget();
        using var generator = new Generator(5, CPU);
        var start = randn([1, 50], generator: generator, dtype: ScalarType.Float64);
        Tensor Draw(NetworkOutput output)
        {
            using var solver = SolverCatalog.Create(kind, Schedule, output, 8);
            return Run(solver, start, [12], (i, x) => target.Predict(output, GaussianTarget.LevelAt(solver, Schedule, false, i), x));
        }

        var epsilon = Draw(NetworkOutput.Epsilon);
        Assert.True(LargestDifference(epsilon, Draw(NetworkOutput.Velocity)) < 1e-9);
        Assert.True(LargestDifference(epsilon, Draw(NetworkOutput.Sample)) < 1e-9);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_trajectory_leaves_no_tensors_behind(DiscreteSolverKind kind)
    {
        void Once()
        {
            using var scope = NewDisposeScope();
            using var solver = SolverCatalog.Create(kind, Schedule, NetworkOutput.Epsilon, 5);
            Run(solver, zeros(1, 2), [1], (_, x) => x.tanh());
        }

        Once();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++)
            Once();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_kind_without_a_straight_form_says_which_have_one() =>
        Assert.Contains("UniPc", Assert.Throws<ArgumentException>(() => SolverCatalog.ForFlow(DiscreteSolverKind.Ddpm, 1, 5)).Message, StringComparison.Ordinal);
}
