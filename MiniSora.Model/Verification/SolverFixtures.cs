using System.Text.Json;
using MiniSora.Model.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Samplers on a trained schedule: whole trajectories with a toy network, tables, forward noise. EDM: <see cref="EdmFixtures"/>.</summary>
internal static class SolverFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        new("solver/trajectories", fixture => IsSolver(fixture) && Items(fixture).Any() && fixture.Has("in.z") && fixture.Has("in.toy.A"), Trajectories),
        new("solver/tables", fixture => IsSolver(fixture) && Items(fixture).Any() && Items(fixture).All(item => item[2].ValueKind == JsonValueKind.Array), Tables),
        new("solver/forward noise", fixture => IsSolver(fixture) && fixture.Has("in.noise") && fixture.Has("in.t") && fixture.Has("in.x"), ForwardNoise),
        .. EdmFixtures.All,
    ];

    internal static bool IsSolver(Fixture fixture) => fixture.Entry.Family == "solver";

    private static IEnumerable<JsonElement> Items(Fixture fixture) =>
        fixture.Config.ValueKind == JsonValueKind.Object && fixture.Config.TryGetProperty("items", out var items) ? items.EnumerateArray() : [];

    private static void Trajectories(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var network = new ToyNetwork(fixture);
        foreach (var (index, item) in Items(fixture).Index())
        {
            var (name, constructor, steps) = (item[0].GetString()!, item[1], item[2].GetInt32());
            var call = item.GetArrayLength() > 3 ? item[3] : default;
            double? mu = item.GetArrayLength() > 4 && item[4].ValueKind == JsonValueKind.Number ? item[4].GetDouble() : null;
            using var scope = NewDisposeScope();
            using var solver = DiffusersSchedulers.Create(name, constructor, steps, call, mu);
            comparison.Expect($"out.{index}.timesteps", Table(solver.Times, fixture, $"out.{index}.timesteps"));
            if (fixture.Has($"out.{index}.sigmas") && solver.Sigmas is not null)
                comparison.Expect($"out.{index}.sigmas", solver.Sigmas);
            var noise = new RecordedNoise(fixture.Has($"rec.{index}.noise") ? fixture[$"rec.{index}.noise"] : null, solver.Times.Count);
            var doubled = DiffusersSchedulers.PredictsVariance(constructor);
            var states = new List<Tensor>();
            DiscreteTrajectory.Run(
                solver,
                fixture["in.z"],
                (x, time) => network.Forward(x, tensor([(float)time / 1000], device: x.device), doubled),
                noise,
                afterStep: (_, x) => states.Add(x.clone().MoveToOuterDisposeScope()));
            comparison.Expect($"out.{index}.samples", stack([.. states]));
        }
    }

    private static void Tables(Fixture fixture, Comparison comparison)
    {
        foreach (var (index, item) in Items(fixture).Index())
        {
            var (name, constructor) = (item[0].GetString()!, item[1]);
            if (DiffusersSchedulers.Schedule(name, constructor) is { } schedule)
            {
                comparison.Expect($"out.{index}.betas", schedule.Betas);
                comparison.Expect($"out.{index}.alphas_cumprod", schedule.Cumulative);
            }

            foreach (var steps in item[2].EnumerateArray().Select(steps => steps.GetInt32()))
            {
                using var solver = DiffusersSchedulers.Create(name, constructor, steps, default, null);
                var prefix = $"out.{index}.steps{steps}";
                comparison.Expect($"{prefix}.timesteps", Table(solver.Times, fixture, $"{prefix}.timesteps"));
                if (fixture.Has($"{prefix}.sigmas") && solver.Sigmas is not null)
                    comparison.Expect($"{prefix}.sigmas", solver.Sigmas);
            }
        }
    }

    private static void ForwardNoise(Fixture fixture, Comparison comparison)
    {
        var (x, noise) = (fixture["in.x"], fixture["in.noise"]);
        foreach (var item in fixture.Config.EnumerateObject().Where(item => item.Value.ValueKind == JsonValueKind.Object))
        {
            var arguments = new SchedulerArguments(item.Name, item.Value);
            var schedule = DiffusersSchedulers.Schedule(arguments, item.Name);
            arguments.Done();
            if (fixture.Has($"out.{item.Name}.add_noise"))
                comparison.Expect($"out.{item.Name}.add_noise", schedule.AddNoise(x, noise, fixture["in.t"]));
            if (fixture.Has($"out.{item.Name}.velocity"))
                comparison.Expect($"out.{item.Name}.velocity", schedule.Velocity(x, noise, fixture["in.t"]));
        }

        if (!fixture.Has("in.flow_t"))
            return;
        var times = fixture.Stored("in.flow_t").data<float>().ToArray();
        comparison.Expect("out.flow.scale_noise", cat([.. times.Select((time, b) => FlowEuler.AddNoise(x.narrow(0, b, 1), noise.narrow(0, b, 1), time / 1000))]));
    }

    /// <summary>Times in the type they are recorded in: whole for most samplers.</summary>
    private static Tensor Table(IReadOnlyList<double> times, Fixture fixture, string name)
    {
        var values = tensor(times.ToArray(), dtype: ScalarType.Float64);
        return fixture.Has(name) && !fixture.Stored(name).is_floating_point() && times.All(double.IsInteger) ? values.to_type(ScalarType.Int64) : values;
    }
}
