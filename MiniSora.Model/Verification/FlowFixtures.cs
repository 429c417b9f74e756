using System.Text.Json;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Family <c>flow</c>: interpolants, losses and samplers of SiT.</summary>
internal static class FlowFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        Runner("SiT network", f => f.Has("in.x") && f.Has("in.y"), SitFixtures.Run),
        Runner("intervals", f => f.Has("out.t0t1"), Intervals),
        Runner("likelihood", f => f.Has("out.logp"), Likelihood),
        Runner("losses", f => f.Has("in.x1") && f.Names("out.").Any(name => name.EndsWith(".loss", StringComparison.Ordinal)), Losses),
        Runner("paths", f => f.Config.Value("paths") is not null, Paths),
        Runner("ODE", f => f.Config.Value("combos") is not null && f.Has("in.toy.A") && f.Names("rec.").Count == 0, Ode),
        Runner("SDE", f => f.Config.Value("combos") is not null && f.Has("in.toy.A") && f.Names("rec.").Any(name => name.EndsWith(".w", StringComparison.Ordinal)), Sde),
    ];

    private static FixtureRunner Runner(string name, Func<Fixture, bool> handles, Action<Fixture, Comparison> run) =>
        new($"flow: {name}", fixture => fixture.Entry.Family == "flow" && !fixture.Entry.IsJson && handles(fixture), run);

    private static void Intervals(Fixture fixture, Comparison comparison)
    {
        var columns = fixture.Config.GetProperty("columns").EnumerateArray().Select((column, i) => (column.GetString()!, i)).ToDictionary();
        var ends = new List<double>();
        foreach (var row in fixture.Config.GetProperty("rows").EnumerateArray())
        {
            var transport = new Transport(new TransportOptions
            {
                Path = ProcessConfig.Path(row[columns["path"]].GetString()!),
                Prediction = ProcessConfig.Prediction(row[columns["prediction"]].GetString()!),
            });
            var (from, to) = transport.Interval(
                row[columns["eval"]].GetBoolean(), row[columns["sde"]].GetBoolean(), row[columns["reverse"]].GetBoolean(),
                ProcessConfig.Form(row[columns["diffusion_form"]].GetString()!), row[columns["last_step_size"]].GetDouble());
            ends.AddRange([from, to]);
        }

        comparison.Expect("out.t0t1", ends);
    }

    private static void Paths(Fixture fixture, Comparison comparison)
    {
        var (data, noise, t, v) = (fixture["in.x1"], fixture["in.x0"], fixture["in.t"], fixture["in.v"]);
        foreach (var kind in fixture.Config.GetProperty("paths").EnumerateArray().Select(element => element.GetString()!))
        {
            var path = InterpolantPath.Of(ProcessConfig.Path(kind));
            var column = InterpolantPath.Column(t, data);
            var x = path.Mix(data, noise, t);
            var drift = path.Drift(x, t);
            const string Form = "diffusion.";
            // The constant form is the norm itself, and where the configuration does not say it only that result does.
            var norm = fixture.Config.Number("norm", fixture.Has($"out.{kind}.{Form}constant") ? fixture.Stored($"out.{kind}.{Form}constant").flatten()[0].ToDouble() : 1);
            foreach (var name in fixture.Names($"out.{kind}."))
            {
                var got = name[$"out.{kind}.".Length..] switch
                {
                    "alpha" => path.Alpha(column),
                    "d_alpha" => path.AlphaSlope(column),
                    "sigma" => path.Sigma(column),
                    "d_sigma" => path.SigmaSlope(column),
                    "d_alpha_alpha_ratio" => path.AlphaLogSlope(column),
                    "xt" => x,
                    "ut" => path.Velocity(data, noise, t),
                    "drift_mean" => drift.Mean,
                    "drift_var" => drift.Variance,
                    "score_from_velocity" => path.ScoreFromVelocity(v, x, t),
                    "noise_from_velocity" => path.NoiseFromVelocity(v, x, t),
                    // The file's conversion takes in.v for the score.
                    "velocity_from_score" => path.VelocityFromScore(v, x, t),
                    var other when other.StartsWith(Form, StringComparison.Ordinal) =>
                        path.Diffusion(ProcessConfig.Form(other[Form.Length..]), norm, x, t),
                    _ => null,
                };
                if (got is not null)
                    comparison.Expect(name, got);
            }
        }
    }

    private static void Losses(Fixture fixture, Comparison comparison)
    {
        var data = fixture["in.x1"];
        var field = new ToyField(fixture);
        foreach (var (combo, i) in Combos(fixture))
        {
            var transport = new Transport(new TransportOptions
            {
                Path = ProcessConfig.Path(combo[0].GetString()!),
                Prediction = ProcessConfig.Prediction(combo[1].GetString()!),
                Weight = ProcessConfig.Weight(combo[2]),
            });
            var noise = fixture[$"rec.{i}.x0"];
            var t = fixture.Has($"rec.{i}.u") ? transport.Times(fixture[$"rec.{i}.u"]) : fixture[$"rec.{i}.t"];
            if (fixture.Has($"rec.{i}.t"))
                comparison.Require((t - fixture[$"rec.{i}.t"]).abs().max().item<float>() < 1e-6, $"times of combination {i} are not the recorded ones");
            var state = transport.Path.Mix(data, noise, t);
            var output = field.Predict(state, t);
            Expect(fixture, comparison, $"out.{i}.pred", output);
            Expect(fixture, comparison, $"out.{i}.loss", transport.Loss(output, data, noise, state, t));
            var (from, to) = transport.TrainingInterval;
            if (fixture.Has($"out.{i}.interval"))
                comparison.Expect($"out.{i}.interval", [from, to]);
        }
    }

    private static void Ode(Fixture fixture, Comparison comparison)
    {
        foreach (var (combo, i) in Combos(fixture))
        {
            var sampler = Sampler(combo);
            var field = new ToyField(fixture);
            var options = new OdeOptions
            {
                Method = ProcessConfig.Ode(combo[2].GetString()!),
                Points = combo[3].GetInt32(),
                Reverse = combo.GetArrayLength() > 4 && combo[4].GetBoolean(),
            };
            var start = fixture["in.z"];
            using var points = new Trajectory();
            using var end = sampler.Ode(options, field.Predict, start, points.Add);
            Expect(fixture, comparison, $"out.{i}.traj", points.Stack());
            if (fixture.Has($"out.{i}.t"))
            {
                var (from, to) = Transport(combo).OdeInterval(options.Reverse);
                comparison.Expect($"out.{i}.t", Solvers.OdeGrid.Even(from, to, options.Points, start.dtype));
            }

            if (fixture.Has($"out.{i}.nfe"))
                comparison.Expect($"out.{i}.nfe", tensor((long)field.Evaluations));
        }
    }

    private static void Sde(Fixture fixture, Comparison comparison)
    {
        foreach (var (combo, i) in Combos(fixture))
        {
            var options = new SdeOptions
            {
                Method = ProcessConfig.Sde(combo[2].GetString()!),
                Form = ProcessConfig.Form(combo[3].GetString()!),
                LastStep = ProcessConfig.Last(combo[4]),
                LastStepSize = combo[5].GetDouble(),
                Points = combo[6].GetInt32(),
                Norm = combo.GetArrayLength() > 7 ? combo[7].GetDouble() : 1,
            };
            using var points = new Trajectory();
            using var end = Sampler(combo).Sde(options, new ToyField(fixture).Predict, fixture["in.z"], ProcessConfig.Recorded(fixture[$"rec.{i}.w"]), points.Add);
            Expect(fixture, comparison, $"out.{i}.traj", points.Stack());
        }
    }

    private static void Likelihood(Fixture fixture, Comparison comparison)
    {
        var config = fixture.Config;
        var transport = new Transport(new TransportOptions
        {
            Path = ProcessConfig.Path(config.Word("path", "Linear")),
            Prediction = ProcessConfig.Prediction(config.Word("prediction", "velocity")),
        });
        var options = new OdeOptions { Method = ProcessConfig.Ode(config.Word("method", "euler")), Points = config.Whole("num_steps", 50) };
        var (logLikelihood, noise) = new TransportSampler(transport).Likelihood(options, new ToyField(fixture).Predict, fixture["in.x"], ProcessConfig.Recorded(fixture["rec.probe"]));
        comparison.Expect("out.logp", logLikelihood);
        Expect(fixture, comparison, "out.z", noise);
    }

    private static IEnumerable<(JsonElement Combo, int Number)> Combos(Fixture fixture) =>
        fixture.Config.GetProperty("combos").EnumerateArray().Select((combo, i) => (combo, i));

    private static Transport Transport(JsonElement combo) => new(new TransportOptions
    {
        Path = ProcessConfig.Path(combo[0].GetString()!),
        Prediction = ProcessConfig.Prediction(combo[1].GetString()!),
    });

    private static TransportSampler Sampler(JsonElement combo) => new(Transport(combo));

    private static void Expect(Fixture fixture, Comparison comparison, string name, Tensor got)
    {
        if (fixture.Has(name))
            comparison.Expect(name, got);
    }
}
