using System.Text.Json;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Family <c>optim</c>: AdamW on a vector, learning rates, and whole training runs of small networks with EMA.</summary>
internal static class OptimizerFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        Runner("AdamW on a vector", f => f.Has("in.grads"), Vector),
        Runner("learning rates", f => f.Config.Value("items") is not null, Rates),
        Runner("training runs", f => f.Config.Value("model") is not null && f.Has("in.x"), Training),
    ];

    private static FixtureRunner Runner(string name, Func<Fixture, bool> handles, Action<Fixture, Comparison> run) =>
        new($"optimizer: {name}", fixture => fixture.Entry.Family == "optim" && !fixture.Entry.IsJson && handles(fixture), run);

    private static void Vector(Fixture fixture, Comparison comparison)
    {
        var parameters = fixture["in.p0"];
        var average = parameters.clone();
        using var optimizer = new FlatAdamW(AdamW(fixture.Config), ones_like(parameters));
        var gradients = fixture["in.grads"];
        var states = new List<Tensor>();
        for (var i = 0; i < gradients.shape[0]; i++)
        {
            optimizer.Apply(parameters, gradients[i], fixture.Config.Number("lr", 1e-3));
            WeightAverage.Follow(average, parameters, fixture.Config.Number("ema_decay", 0.99));
            states.Add(parameters.clone());
        }

        comparison.Expect("out.params", stack(states));
        comparison.Expect("out.exp_avg", optimizer.ExpAvg);
        comparison.Expect("out.exp_avg_sq", optimizer.ExpAvgSq);
        if (fixture.Has("out.ema"))
            comparison.Expect("out.ema", average);
    }

    private static void Rates(Fixture fixture, Comparison comparison)
    {
        var number = 0;
        foreach (var item in fixture.Config.GetProperty("items").EnumerateArray())
        {
            var schedule = Schedule(item[0].GetString()!, item[2]);
            IReadOnlyList<double> rates = [.. Enumerable.Range(0, item[1].GetInt32()).Select(step => schedule.At(step))];
            comparison.Expect($"out.{number++}", rates);
        }
    }

    private static RateSchedule Schedule(string name, JsonElement arguments)
    {
        var shape = name switch
        {
            "constant" => RateShape.Constant,
            "constant_with_warmup" => RateShape.ConstantAfterWarmUp,
            "linear" => RateShape.Linear,
            "cosine" => RateShape.Cosine,
            "cosine_with_restarts" => RateShape.CosineWithRestarts,
            "polynomial" => RateShape.Polynomial,
            "piecewise_constant" => RateShape.Piecewise,
            _ => throw new FixtureException($"unknown learning-rate schedule {name}"),
        };
        var rules = arguments.Word("step_rules", "1").Split(',');
        double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        return new RateSchedule(shape)
        {
            WarmUpSteps = arguments.Whole("num_warmup_steps", 0),
            Steps = arguments.Whole("num_training_steps", 0),
            // get_scheduler hands its cycles to the restarts only; a plain cosine keeps its half period.
            Cycles = arguments.Value("num_cycles") is { } cycles && shape == RateShape.CosineWithRestarts ? cycles.GetDouble() : null,
            Power = arguments.Number("power", 1),
            End = arguments.Number("lr_end", 1e-7),
            Pieces = [.. rules.SkipLast(1).Select(rule => rule.Split(':')).Select(rule => ((int)Number(rule[1]), Number(rule[0])))],
            LastPiece = Number(rules[^1]),
        };
    }

    private static void Training(Fixture fixture, Comparison comparison)
    {
        var config = fixture.Config;
        var network = new RecordedNetwork(fixture, config.GetProperty("model"));
        var process = config.Value("diffusion") ?? config;
        using var diffusion = new GaussianDiffusion(ProcessConfig.Process(process), ProcessConfig.Options(process, network.LearnsVariance));
        using var loss = new DiffusionLoss(diffusion);
        var parameters = fixture.Pack(network.Layout).requires_grad_(true);
        // The originals decay every parameter alike.
        using var optimizer = new FlatAdamW(AdamW(config), Trainable(network.Layout, parameters));
        var schedule = new RateSchedule(RateShape.ConstantAfterWarmUp) { WarmUpSteps = config.Whole("warmup_steps", 0) };
        var averages = Averages(fixture).ToDictionary(name => name, _ => parameters.detach().clone());
        var clip = config.Number("clip_max_norm", 0);
        var (data, labels) = (fixture["in.x"], fixture.Has("in.y") ? fixture["in.y"] : null);
        var (rates, norms, totals, errors, bounds) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < config.Whole("steps", (int)fixture.Stored("rec.t").shape[0]); i++)
        {
            using var scope = NewDisposeScope();
            var w = new ParameterViews(network.Layout, parameters, fixture.Placement.Compute);
            var kept = labels is not null && fixture.Has("rec.drop_u") ? network.Labels!.DropBelow(labels, fixture["rec.drop_u"][i]) : labels;
            var terms = loss.Training(network.With(w, kept), data, fixture["rec.t"][i], fixture["rec.noise"][i]);
            var total = terms.Total.mean();
            var gradient = autograd.grad([total], [parameters])[0];
            using var _ = no_grad();
            var norm = gradient.norm().ToDouble();
            norms.Add(norm);
            totals.Add(total.ToDouble());
            errors.Add(terms.SquaredError?.mean().ToDouble() ?? 0);
            bounds.Add(terms.Variational?.mean().ToDouble() ?? 0);
            rates.Add(config.Number("lr", 1e-4) * schedule.At(i));
            GradientClip.Apply(gradient, norm, clip);
            optimizer.Apply(parameters, gradient, rates[^1]);
            foreach (var (decay, average) in averages)
                WeightAverage.Follow(average, parameters, double.Parse(decay, System.Globalization.CultureInfo.InvariantCulture));
        }

        foreach (var (name, values) in new[] { ("lr", rates), ("grad_norm", norms), ("loss", totals), ("mse", errors), ("vb", bounds) })
        {
            if (fixture.Has($"out.{name}"))
                comparison.Expect($"out.{name}", values);
        }

        Weights(fixture, comparison, "final", network.Layout, parameters);
        foreach (var (decay, average) in averages)
            Weights(fixture, comparison, $"ema.{decay}", network.Layout, average);
    }

    private static AdamWOptions AdamW(JsonElement config)
    {
        var betas = config.Value("betas")?.EnumerateArray().Select(beta => beta.GetDouble()).ToList() ?? [0.9, 0.999];
        return new AdamWOptions(betas[0], betas[1], config.Number("eps", 1e-8), config.Number("weight_decay", 0.01));
    }

    /// <summary>1 at every number that is trained, flat.</summary>
    private static Tensor Trainable(ParameterLayout layout, Tensor like)
    {
        using var _ = no_grad();
        var mask = zeros_like(like, requires_grad: false);
        foreach (var spec in layout.Specs.Where(spec => spec.Trainable))
            mask.narrow(0, spec.Offset, spec.Count).fill_(HeldScalar.One);
        return mask;
    }

    /// <summary>The decays in names such as <c>ema.0.9999.blocks…</c>, as written: digits with one point.</summary>
    private static IEnumerable<string> Averages(Fixture fixture) => fixture.Names("ema.")
        .Select(name => string.Join('.', name["ema.".Length..].Split('.').Take(2))).Distinct();

    private static void Weights(Fixture fixture, Comparison comparison, string prefix, ParameterLayout layout, Tensor flat)
    {
        foreach (var (name, view) in layout.Named(flat))
        {
            if (fixture.Has($"{prefix}.{name}"))
                comparison.Expect($"{prefix}.{name}", view);
        }
    }
}
