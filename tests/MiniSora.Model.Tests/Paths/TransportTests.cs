using MiniSora.Model.Objectives;
using MiniSora.Model.Paths;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Paths;

public sealed class TransportTests : TorchTests
{
    private const double Mean = 0.7;
    private const double Deviation = 0.4;

    public static TheoryData<string, string> Every
    {
        get
        {
            var every = new TheoryData<string, string>();
            foreach (var path in Enum.GetNames<PathKind>())
                foreach (var prediction in Enum.GetNames<PathPrediction>())
                    every.Add(path, prediction);
            return every;
        }
    }

    private static Transport Make(string path, string prediction, PathWeight weight = PathWeight.None) =>
        new(new TransportOptions { Path = Enum.Parse<PathKind>(path), Prediction = Enum.Parse<PathPrediction>(prediction), Weight = weight });

    /// <summary>The exact network for data N(0.7, 0.4²).</summary>
    private static Predict Exact(Transport transport) => (x, t) =>
    {
        var column = InterpolantPath.Column(t, x);
        var (alpha, sigma) = (transport.Path.Alpha(column), transport.Path.Sigma(column));
        var score = (alpha * Mean - x) / (alpha * alpha * (Deviation * Deviation) + sigma * sigma);
        return transport.Options.Prediction switch
        {
            PathPrediction.Score => score,
            PathPrediction.Noise => -(sigma * score),
            _ => transport.Path.VelocityFromScore(score, x, t),
        };
    };

    [Theory]
    [MemberData(nameof(Every))]
    public void The_ode_maps_the_normal_distribution_onto_a_gaussian(string path, string prediction)
    {
        // The velocity of SiT's general form has no value at t = 0, and its tests begin a little later there.
        var transport = Make(path, prediction);
        if (transport.Options.Prediction == PathPrediction.Velocity && transport.Options.Path != PathKind.Vp)
            return;
        var start = tensor(new double[] { 0, 1 }, [2, 1]);
        var end = new TransportSampler(transport).Ode(new OdeOptions { Tolerance = new Tolerance(1e-7, 1e-7) }, Exact(transport), start);
        var (at0, at1) = (end[0].ToDouble(), end[1].ToDouble());
        Assert.Equal(Mean, at0, 0.01);
        Assert.Equal(Deviation, at1 - at0, 0.01);
    }

    [Theory]
    [InlineData(OdeMethod.Euler, 401)]
    [InlineData(OdeMethod.Heun, 41)]
    [InlineData(OdeMethod.DormandPrince, 2)]
    internal void A_velocity_network_needs_no_margin(OdeMethod method, int points)
    {
        // dx/dt of N(m, s²) data on the linear path, in a form that also holds at both ends.
        static Tensor Velocity(Tensor x, Tensor t)
        {
            var time = t.unsqueeze(1);
            var variance = time * time * (Deviation * Deviation) + (1 - time) * (1 - time);
            return Mean + (time * (Deviation * Deviation) - (1 - time)) * (x - time * Mean) / variance;
        }

        var start = tensor(new double[] { 0, 1 }, [2, 1]);
        var end = new TransportSampler(Make("Linear", "Velocity")).Ode(new OdeOptions { Method = method, Points = points }, Velocity, start);
        Assert.Equal(Mean, end[0].ToDouble(), 0.01);
        Assert.Equal(Deviation, end[1].ToDouble() - end[0].ToDouble(), 0.01);
    }

    [Theory]
    [InlineData("Linear", "Score", DiffusionForm.Sigma, SdeMethod.EulerMaruyama, LastStep.Mean)]
    [InlineData("Linear", "Noise", DiffusionForm.IncreasingDecreasing, SdeMethod.Heun, LastStep.Euler)]
    [InlineData("Gvp", "Score", DiffusionForm.Linear, SdeMethod.EulerMaruyama, LastStep.Mean)]
    [InlineData("Gvp", "Noise", DiffusionForm.Decreasing, SdeMethod.Heun, LastStep.None)]
    [InlineData("Vp", "Velocity", DiffusionForm.ScoreBased, SdeMethod.EulerMaruyama, LastStep.Mean)]
    [InlineData("Vp", "Score", DiffusionForm.Constant, SdeMethod.EulerMaruyama, LastStep.Euler)]
    internal void The_sde_gives_the_gaussian_too(string path, string prediction, DiffusionForm form, SdeMethod method, LastStep last)
    {
        var transport = Make(path, prediction);
        using var generator = new Generator(21, CPU);
        var start = randn([20_000, 1], generator: generator);
        var exact = Exact(transport);
        // The last step is short: without noise it loses the variance that its stretch of the SDE would add.
        // A score of SiT's general form is infinite at t = 0: hold the first step's time away from it.
        var end = new TransportSampler(transport).Sde(
            new SdeOptions { Form = form, Method = method, LastStep = last, LastStepSize = 0.01, Points = 200, Norm = 0.5 }, (x, t) => exact(x, t.clamp_min(1e-3)), start, like => randn(like.shape, generator: generator));
        Assert.Equal(Mean, end.mean().ToDouble(), 0.03);
        Assert.Equal(Deviation, end.std().ToDouble(), 0.03);
    }

    [Fact]
    public void Tweedie_ends_at_the_expected_data()
    {
        var transport = Make("Linear", "Score");
        var exact = Exact(transport);
        var seen = new List<Tensor>();
        var end = new TransportSampler(transport).Sde(
            new SdeOptions { LastStep = LastStep.Tweedie, Points = 5 }, exact, ones(1, 1, dtype: float64), like => randn(like.shape, like.dtype), (_, x) => seen.Add(x.clone().DetachFromDisposeScope()));
        var (t, x) = (0.96, seen[^2].ToDouble());
        var gain = t * Deviation * Deviation / (t * t * Deviation * Deviation + 0.04 * 0.04);
        Assert.Equal(Mean + gain * (x - t * Mean), end.ToDouble(), 1e-6);
        Assert.Equal(5, seen.Count);
    }

    [Fact]
    public void The_likelihood_of_a_gaussian_is_its_density()
    {
        // Diagonal fields make the probe's estimate exact.
        var transport = Make("Vp", "Score");
        using var generator = new Generator(8, CPU);
        var data = tensor(new[] { 0.7, 0.3, 1.5, 0.0 }, [2, 2]);
        var (logLikelihood, noise) = new TransportSampler(transport).Likelihood(
            new OdeOptions { Tolerance = new Tolerance(1e-7, 1e-7), Points = 2 }, Exact(transport), data, like => randint(0, 2, like.shape, dtype: like.dtype, generator: generator) * 2 - 1);
        var density = -0.5 * ((data - Mean) / Deviation).square() - Math.Log(Deviation * Math.Sqrt(2 * Math.PI));
        Assert.True(LargestDifference(density.sum(1), logLikelihood) < 0.03, $"{LargestDifference(density.sum(1), logLikelihood)}");
        Assert.Equal([2L, 2], noise.shape);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void A_true_output_has_no_loss(string path, string prediction)
    {
        var transport = Make(path, prediction);
        var (data, noise, t) = (randn([4, 3], float64), randn([4, 3], float64), tensor(new[] { 0.1, 0.4, 0.6, 0.95 }));
        var output = transport.Options.Prediction switch
        {
            PathPrediction.Velocity => transport.Path.Velocity(data, noise, t),
            PathPrediction.Noise => noise,
            _ => transport.Path.ScoreFromNoise(noise, data, t),
        };
        Assert.True(transport.Loss((_, _) => output.alias(), data, noise, t).abs().max().ToDouble() < 1e-20);
    }

    [Theory]
    [InlineData("Linear")]
    [InlineData("Gvp")]
    [InlineData("Vp")]
    public void Weighted_by_velocity_the_noise_loss_is_the_velocity_loss(string path)
    {
        var noisy = Make(path, "Noise", PathWeight.Velocity);
        var (data, noise, t) = (randn([4, 3], float64), randn([4, 3], float64), tensor(new[] { 0.1, 0.4, 0.6, 0.95 }));
        var output = randn([4, 3], float64);
        var state = noisy.Path.Mix(data, noise, t);
        var loss = noisy.Loss(output, data, noise, state, t);
        var asVelocity = Make(path, "Velocity").Loss(noisy.Drift(output, state, t), data, noise, state, t);
        Assert.True(LargestDifference(loss / asVelocity, ones_like(loss)) < 1e-9);
    }

    [Fact]
    public void Training_times_fill_their_interval()
    {
        var transport = Make("Gvp", "Noise");
        Assert.Equal((1e-3, 0.999), transport.TrainingInterval);
        var times = transport.Times(tensor(new[] { 0, 0.5, 1 }));
        Assert.Equal([1e-3, 0.5, 0.999], times.data<double>().ToArray().Select(time => Math.Round(time, 12)));
    }

    [Fact]
    public void The_two_conventions_of_rectified_flow_draw_the_same_picture()
    {
        static Tensor Ours(Tensor x, Tensor t) => x.sin() + t.unsqueeze(1);
        var start = randn([2, 3], float64);
        using var product = OdeSolver.Integrate(
            SolverKind.Euler, start, 7, 1, (x, time) => Ours(x, full([2], time, float64)), _ => { });
        var sit = new TransportSampler(Make("Linear", "Velocity"))
            .Ode(new OdeOptions { Method = OdeMethod.Euler, Points = 8 }, FlowConvention.Turned(Ours), start);
        Assert.True(LargestDifference(product, sit) < 1e-12);
    }

    [Fact]
    public void Turning_twice_changes_nothing_and_once_agrees_on_the_pair()
    {
        Predict velocity = (x, t) => x * t.unsqueeze(1);
        var (x, t) = (randn([2, 3], float64), tensor(new[] { 0.25, 0.75 }));
        Assert.True(LargestDifference(velocity(x, t), FlowConvention.Turned(FlowConvention.Turned(velocity))(x, t)) < 1e-12);

        var (data, noise) = (randn([2, 3], float64), randn([2, 3], float64));
        var path = InterpolantPath.Of(PathKind.Linear);
        Assert.True(LargestDifference(path.Mix(data, noise, FlowConvention.Turned(t)), RectifiedFlow.Mix(data, noise, t.unsqueeze(1))) < 1e-12);
        Assert.True(LargestDifference(path.Velocity(data, noise, t), -RectifiedFlow.Velocity(data, noise)) < 1e-12);
    }
}
