using MiniSora.Model.Cascade;
using MiniSora.Model.Objectives;
using MiniSora.Model.Paths;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using MiniSora.Model.Solvers.Discrete;
using MiniSora.Model.Solvers.Edm;
using MiniSora.Model.Tests.Solvers.Discrete;
using MiniSora.Model.Verification;
using TorchSharp;
using static TorchSharp.torch;
using NoiseSchedule = MiniSora.Model.Solvers.Discrete.NoiseSchedule;

namespace MiniSora.Model.Tests.Solvers;

/// <summary>What whoever looks on is told, judged by networks that know the answer: data ~ N(m, s²), of which E[x₀ | x] is known, and with s = 0 a single point.</summary>
public sealed class StepWatchTests : TorchTests
{
    private static readonly NoiseSchedule Schedule = MakeSchedule();

    public static TheoryData<DiscreteSolverKind, double> Kinds => Each(Enum.GetValues<DiscreteSolverKind>(), 0.4, 0);

    public static TheoryData<DiscreteSolverKind, double> FlowKinds => Each(SolverCatalog.FlowKinds, 0.4, 0);

    public static TheoryData<string, string, string> Transports
    {
        get
        {
            var every = new TheoryData<string, string, string>();
            foreach (var path in Enum.GetNames<PathKind>())
                foreach (var prediction in Enum.GetNames<PathPrediction>())
                    foreach (var rule in (string[])["Euler", "Heun", "DormandPrince", "EulerMaruyama", "SdeHeun"])
                        every.Add(path, prediction, rule);
            return every;
        }
    }

    private static TheoryData<DiscreteSolverKind, double> Each(IEnumerable<DiscreteSolverKind> kinds, params double[] deviations)
    {
        var each = new TheoryData<DiscreteSolverKind, double>();
        foreach (var kind in kinds)
            foreach (var deviation in deviations)
                each.Add(kind, deviation);
        return each;
    }

    private static NoiseSchedule MakeSchedule()
    {
        Model.Native.TorchRuntime.EnsureLoaded();
        return new NoiseSchedule(new NoiseScheduleOptions());
    }

    /// <summary>Keeps what it is told and compares every estimate with what the network knows.</summary>
    private sealed class Witness
    {
        public List<(int Step, int Steps, double Noise)> Told { get; } = [];

        /// <summary>The exact estimate at the newest evaluation.</summary>
        public Tensor Exact
        {
            get;
            // It outlives the call of the network that it belongs to.
            set => field = value.clone().DetachFromDisposeScope();
        } = zeros(1);


        public double Worst { get; private set; }

        public void See(int step, int steps, double noise, Func<Tensor> data)
        {
            Told.Add((step, steps, noise));
            using var scope = NewDisposeScope();
            Worst = Math.Max(Worst, LargestDifference(data().to_type(ScalarType.Float64), Exact.to_type(ScalarType.Float64)));
        }

        /// <summary>1, 2, … of as many, from noise towards data.</summary>
        public void Check(int steps, double tolerance)
        {
            Assert.Equal(Enumerable.Range(1, steps), Told.Select(told => told.Step));
            Assert.All(Told, told => Assert.Equal(steps, told.Steps));
            CheckNoise(tolerance);
        }

        public void CheckNoise(double tolerance)
        {
            Assert.All(Told.Zip(Told.Skip(1)), pair => Assert.True(pair.Second.Noise <= pair.First.Noise + 1e-12, $"noise rose from {pair.First.Noise} to {pair.Second.Noise}"));
            Assert.InRange(Told[0].Noise, 0.8, 1);
            Assert.True(Told[^1].Noise < Told[0].Noise);
            Assert.True(Worst <= tolerance, $"an estimate is {Worst} away from what the network knows");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_discrete_solver_tells_what_the_network_expects_of_the_data(DiscreteSolverKind kind, double deviation)
    {
        foreach (var output in (NetworkOutput[])[NetworkOutput.Epsilon, NetworkOutput.Sample, NetworkOutput.Velocity])
        {
            if (kind == DiscreteSolverKind.Pndm && output == NetworkOutput.Sample)
                continue;
            using var solver = SolverCatalog.Create(kind, Schedule, output, 8);
            Discrete(solver, output, deviation, i => GaussianTarget.LevelAt(solver, Schedule, straight: false, i));
        }
    }

    [Theory]
    [MemberData(nameof(FlowKinds))]
    public void And_so_on_the_straight_path(DiscreteSolverKind kind, double deviation)
    {
        using var solver = SolverCatalog.ForFlow(kind, 2, 8);
        Discrete(solver, NetworkOutput.Flow, deviation, i => GaussianTarget.LevelAt(solver, Schedule, straight: true, i));
    }

    private static void Discrete(IDiscreteSolver solver, NetworkOutput output, double deviation, Func<int, NoiseLevel> level)
    {
        var (target, witness) = (new GaussianTarget(Deviation: deviation), new Witness());
        using var noise = new SeededNoise([7]);
        var i = 0;
        Tensor Network(Tensor x, double time)
        {
            witness.Exact = target.Predict(NetworkOutput.Sample, level(i), x);
            return target.Predict(output, level(i++), x);
        }

        DiscreteTrajectory.Run(solver, randn([1, 6], ScalarType.Float64), Network, noise, watch: witness.See);
        witness.Check(solver.Times.Count, 1e-9);
        Assert.Equal(Enumerable.Range(0, i).Select(at => level(at).Share), witness.Told.Select(told => told.Noise), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Theory]
    [InlineData(SolverKind.Euler, 0.4, 1.0)]
    [InlineData(SolverKind.Heun, 0.4, 1.0)]
    [InlineData(SolverKind.Heun, 0.0, 0.7)]
    public void Rectified_flow_tells_it_once_a_step_at_the_steps_own_time(SolverKind solver, double deviation, double from)
    {
        var (target, witness) = (new GaussianTarget(Deviation: deviation), new Witness());
        var times = new List<double>();
        Tensor Velocity(Tensor x, double t)
        {
            times.Add(t);
            witness.Exact = target.Predict(NetworkOutput.Sample, NoiseLevel.Straight(t), x);
            return target.Predict(NetworkOutput.Flow, NoiseLevel.Straight(t), x);
        }

        // Of the two evaluations of a step it is the first that counts: the state there is the trajectory's own.
        OdeSolver.Integrate(solver, randn([1, 6], ScalarType.Float64), 5, 2, Velocity, _ => { }, from, witness.See);
        Assert.Equal([1, 2, 3, 4, 5], witness.Told.Select(told => told.Step));
        Assert.Equal(times.Distinct().Take(5), witness.Told.Select(told => told.Noise));
        Assert.True(witness.Worst < 1e-9);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public void Every_path_and_prediction_of_an_interpolant_tells_it(string path, string prediction, string rule)
    {
        var transport = new Transport(new TransportOptions { Path = Enum.Parse<PathKind>(path), Prediction = Enum.Parse<PathPrediction>(prediction) });
        var witness = new Witness();
        const double Mean = 0.7, Deviation = 0.4;
        Tensor Network(Tensor x, Tensor t)
        {
            var column = InterpolantPath.Column(t, x);
            var (alpha, sigma) = (transport.Path.Alpha(column), transport.Path.Sigma(column));
            var data = (sigma * sigma * Mean + alpha * x * (Deviation * Deviation)) / (alpha * alpha * (Deviation * Deviation) + sigma * sigma);
            var noise = (x - alpha * data) / sigma.clamp_min(1e-12);
            witness.Exact = data;
            return transport.Options.Prediction switch
            {
                PathPrediction.Score => -noise / sigma.clamp_min(1e-12),
                PathPrediction.Noise => noise,
                _ => transport.Path.Velocity(data, noise, t),
            };
        }

        var start = randn([1, 6], ScalarType.Float64);
        var sampler = new TransportSampler(transport);
        switch (rule)
        {
            case "EulerMaruyama" or "SdeHeun":
                var method = rule == "SdeHeun" ? SdeMethod.Heun : SdeMethod.EulerMaruyama;
                sampler.Sde(new SdeOptions { Method = method, Points = 9 }, Network, start, like => randn(like.shape, like.dtype), watch: witness.See);
                witness.Check(9, 1e-6);
                break;
            case "DormandPrince":
                // What was seen at a step's beginning is told when the step is accepted, long after the network was asked.
                var seen = new List<(Tensor X, double T)>();
                void See(int step, int steps, double noise, Func<Tensor> data)
                {
                    using var scope = NewDisposeScope();
                    var found = data();
                    Assert.True(seen.Exists(one => Math.Abs(transport.Path.Level(one.T).Share - noise) < 1e-12 && LargestDifference(one.X, found) < 1e-6), $"no evaluation says what is told of step {step}");
                    witness.Told.Add((step, steps, noise));
                }

                sampler.Ode(new OdeOptions { Points = 2, Tolerance = new Tolerance(1e-3, 1e-3) }, (x, t) =>
                {
                    var answer = Network(x, t);
                    seen.Add((witness.Exact, t.item<double>()));
                    return answer;
                }, start, watch: See);
                Assert.Equal(Enumerable.Range(1, witness.Told.Count), witness.Told.Select(told => told.Step));
                Assert.All(witness.Told, told => Assert.InRange(told.Step, 1, told.Steps));
                witness.CheckNoise(1e-6);
                break;
            default:
                var ode = Enum.Parse<OdeMethod>(rule);
                sampler.Ode(new OdeOptions { Method = ode, Points = 9 }, Network, start, watch: witness.See);
                witness.Check(8, 1e-6);
                break;
        }
    }

    [Theory]
    [InlineData(nameof(MeanKind.Noise), nameof(ReverseKind.Ddpm))]
    [InlineData(nameof(MeanKind.Data), nameof(ReverseKind.Ddpm))]
    [InlineData(nameof(MeanKind.Velocity), nameof(ReverseKind.Ddpm))]
    [InlineData(nameof(MeanKind.Noise), nameof(ReverseKind.Ddim))]
    [InlineData(nameof(MeanKind.Velocity), nameof(ReverseKind.Ddim))]
    public void Ancestral_sampling_of_the_trained_process_tells_it(string mean, string reverse)
    {
        var process = DiffusionProcess.Of(Model.Objectives.NoiseSchedule.Linear, 1000, "10");
        using var diffusion = new GaussianDiffusion(process, new DiffusionOptions { Mean = Enum.Parse<MeanKind>(mean), Variance = VarianceKind.FixedSmall, ChannelAxis = 1 });
        var (target, witness, step) = (new GaussianTarget(), new Witness(), 0);
        Tensor Network(Tensor x, Tensor t)
        {
            var level = diffusion.Level(diffusion.Steps - 1 - step++);
            witness.Exact = target.Predict(NetworkOutput.Sample, level, x);
            return target.Predict(mean switch { nameof(MeanKind.Data) => NetworkOutput.Sample, nameof(MeanKind.Velocity) => NetworkOutput.Velocity, _ => NetworkOutput.Epsilon }, level, x);
        }

        new DiffusionSampler(diffusion, new ReverseOptions(Enum.Parse<ReverseKind>(reverse), new Denoising(false)))
            .Run(Network, randn([1, 1, 6], ScalarType.Float64), like => randn(like.shape, like.dtype), watch: witness.See);
        witness.Check(10, 1e-9);
    }

    [Theory]
    [InlineData(false, 0.0)]
    [InlineData(true, 20.0)]
    public void Edm_tells_what_its_denoiser_says(bool heun, double churn)
    {
        var witness = new Witness();
        const double Mean = 0.3, Deviation = 0.5;
        Tensor Network(Tensor input, Tensor label)
        {
            var sigma = (4 * label).exp().view(-1, 1);
            var total = sigma.square() + Deviation * Deviation;
            var x = input * total.sqrt();
            var denoised = (x * (Deviation * Deviation) + Mean * sigma.square()) / total;
            witness.Exact = denoised;
            return (denoised - x * (Deviation * Deviation) / total) * total.sqrt() / (sigma * Deviation);
        }

        var sampler = new EdmSampler(new EdmSamplerOptions { Steps = 8, IsHeun = heun, Churn = new Churn(churn) }, new EdmPreconditioning(Deviation));
        using var noise = new SeededNoise([4]);
        sampler.Sample(Network, randn(1, 6), noise, witness.See);
        witness.Check(8, 1e-3);
    }

    [Theory]
    [InlineData(nameof(DiffusionTarget.Epsilon))]
    [InlineData(nameof(DiffusionTarget.Image))]
    [InlineData(nameof(DiffusionTarget.Velocity))]
    public void A_cascades_sampler_tells_it(string kind)
    {
        var gdf = new Gdf { Target = Enum.Parse<DiffusionTarget>(kind) };
        var witness = new Witness { Exact = full([1, 2, 3, 3], 0.7, ScalarType.Float64) };
        var step = 0;
        Tensor Network(Tensor x, Tensor level, bool conditional)
        {
            var at = gdf.Level(gdf.Schedule.At(TimeGrid.Linear(1, 0, 9)[step++]));
            return new GaussianTarget(0.7, 0).Predict(kind switch { nameof(DiffusionTarget.Image) => NetworkOutput.Sample, nameof(DiffusionTarget.Velocity) => NetworkOutput.Velocity, _ => NetworkOutput.Epsilon }, at, x);
        }

        GdfSampler.Run(gdf, Network, randn([1, 2, 3, 3], ScalarType.Float64), new GdfSampling { Steps = 8, Guidance = null }, _ => randn([1, 2, 3, 3], ScalarType.Float64), watch: witness.See);
        witness.Check(8, 1e-4);
    }
}
