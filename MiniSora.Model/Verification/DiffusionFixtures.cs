using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Family <c>diffusion</c>: GaussianDiffusion of DiT, Latte and guided-diffusion.</summary>
internal static class DiffusionFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        Runner("beta shapes", f => f.Config.Value("beta_start") is not null, BetaShapes),
        Runner("noise schedule", f => f.Has("out.alphas_cumprod"), Schedule),
        Runner("respacing", f => f.Config.Value("items") is not null && f.Names("out.").Any(name => name.EndsWith(".timesteps", StringComparison.Ordinal)), Respacing),
        Runner("resampler", f => f.Has("out.weights") && f.Has("in.loss"), Resampler),
        Runner("bits per dimension", f => f.Has("out.total_bpd"), BitsPerDimension),
        Runner("forward and reverse distributions", f => f.Has("out.q_sample"), Distributions),
        Runner("losses by parametrisation", f => f.Names("in.model_mean.").Count > 0, Losses),
        Runner("learned variance and rescaled times", f => f.Has("in.model_logvar"), LearnedVariance),
        Runner("losses of clips", f => f.Has("in.model_mean") && f.Has("in.model_var"), ClipLosses),
        Runner("gradients of the loss", f => f.Has("grad.model_out"), Gradients),
        Runner("single steps", f => f.Has("in.model_out") && f.Has("in.x_t"), Steps),
        Runner("trajectories", f => f.Has("out.samples") && f.Has("in.z"), TrajectoryFixtures.Run),
    ];

    private static FixtureRunner Runner(string name, Func<Fixture, bool> handles, Action<Fixture, Comparison> run) =>
        new($"diffusion: {name}", fixture => fixture.Entry.Family == "diffusion" && !fixture.Entry.IsJson && handles(fixture), run);

    private static void BetaShapes(Fixture fixture, Comparison comparison)
    {
        var config = fixture.Config;
        var steps = config.Whole("T", config.Whole("diffusion_steps", 1000));
        foreach (var name in fixture.Names("out."))
        {
            if (ProcessConfig.Shape(name["out.".Length..]) is { } shape)
                comparison.Expect(name, Betas.Of(shape, config.Number("beta_start", 1e-4), config.Number("beta_end", 0.02), steps));
        }
    }

    private static void Schedule(Fixture fixture, Comparison comparison) => Tables(fixture, comparison, "out.", ProcessConfig.Process(fixture.Config));

    private static void Respacing(Fixture fixture, Comparison comparison)
    {
        var number = 0;
        foreach (var item in fixture.Config.GetProperty("items").EnumerateArray())
        {
            var prefix = $"out.{number++}.";
            var process = DiffusionProcess.Of(ProcessConfig.Schedule(item[2].GetString()!), item[0].GetInt32(), ProcessConfig.Word(item[1]));
            if (fixture.Has(prefix + "timesteps"))
                comparison.Expect(prefix + "timesteps", tensor(process.OriginalTimes.Select(time => (long)time).ToArray()));
            Tables(fixture, comparison, prefix, process);
        }

        foreach (var item in fixture.Config.Value("specs_that_must_raise")?.EnumerateArray().ToArray() ?? [])
        {
            try
            {
                DiffusionProcess.KeptTimes(item[0].GetInt32(), ProcessConfig.Word(item[1]));
                comparison.Fail($"{item.GetRawText()} was not refused");
            }
            catch (ArgumentException)
            {
                // As it must be.
            }
        }
    }

    private static void Tables(Fixture fixture, Comparison comparison, string prefix, DiffusionProcess process)
    {
        using var tables = new DiffusionTables(process.Betas);
        foreach (var name in fixture.Names(prefix))
        {
            if (Table(tables, name[prefix.Length..]) is { } table)
                comparison.Expect(name, table.Values);
        }
    }

    private static CoefficientTable? Table(DiffusionTables tables, string name) => name switch
    {
        "betas" => tables.Betas,
        "alphas_cumprod" => tables.AlphaBar,
        "alphas_cumprod_prev" => tables.AlphaBarPrevious,
        "alphas_cumprod_next" => tables.AlphaBarNext,
        "sqrt_alphas_cumprod" => tables.SqrtAlphaBar,
        "sqrt_one_minus_alphas_cumprod" => tables.SqrtOneMinusAlphaBar,
        "log_one_minus_alphas_cumprod" => tables.LogOneMinusAlphaBar,
        "sqrt_recip_alphas_cumprod" => tables.SqrtReciprocalAlphaBar,
        "sqrt_recipm1_alphas_cumprod" => tables.SqrtReciprocalAlphaBarMinusOne,
        "posterior_variance" => tables.PosteriorVariance,
        "posterior_log_variance_clipped" => tables.PosteriorLogVariance,
        "posterior_mean_coef1" => tables.PosteriorDataFactor,
        "posterior_mean_coef2" => tables.PosteriorStateFactor,
        _ => null,
    };

    private static void Resampler(Fixture fixture, Comparison comparison)
    {
        var config = fixture.Config;
        var resampler = new LossSecondMomentResampler(config.Whole("num_timesteps", 1000), config.Whole("history_per_term", 10), config.Number("uniform_prob", 0.001));
        if (fixture.Has("out.weights_cold"))
            comparison.Expect("out.weights_cold", resampler.Weights());
        var times = fixture.Stored("in.t").to_type(ScalarType.Int64).data<long>().ToArray();
        var losses = fixture.Stored("in.loss").to_type(ScalarType.Float64).data<double>().ToArray();
        resampler.Update(times.Zip(losses, (time, loss) => ((int)time, loss)));
        comparison.Expect("out.weights", resampler.Weights());
        if (fixture.Has("out.importance"))
            comparison.Expect("out.importance", resampler.Importance());
    }

    private static void BitsPerDimension(Fixture fixture, Comparison comparison)
    {
        var mix = fixture["in.A"]; // [2C, C]
        var data = fixture["in.x_start"];
        // 1×1 mixing of channels: [2C, C] · [N, C, H·W] -> [N, 2C, H, W]
        Tensor Network(Tensor x, Tensor t) => matmul(mix, x.flatten(2)).tanh().view([x.shape[0], mix.shape[0], .. x.shape[2..]]);
        var variance = mix.shape[0] == 2 * data.shape[1] ? VarianceKind.LearnedRange : VarianceKind.FixedLarge;
        using var diffusion = new GaussianDiffusion(ProcessConfig.Process(fixture.Config), new DiffusionOptions { Variance = variance });
        using var loss = new DiffusionLoss(diffusion);
        var bound = loss.Bound(Network, data, ProcessConfig.Recorded(fixture["rec.noise"]), fixture.Config.Flag("clip_denoised", true));
        Expect(fixture, comparison, "out.total_bpd", bound.Total);
        Expect(fixture, comparison, "out.prior_bpd", bound.Prior);
        Expect(fixture, comparison, "out.vb", bound.Terms);
        Expect(fixture, comparison, "out.xstart_mse", bound.DataError);
        Expect(fixture, comparison, "out.mse", bound.NoiseError);
    }

    private static void Distributions(Fixture fixture, Comparison comparison)
    {
        var process = ProcessConfig.Process(fixture.Config);
        var (data, state, noise, t) = (fixture["in.x_start"], fixture["in.x_t"], fixture["in.noise"], fixture["in.t"]);
        var (mean, variance) = (fixture["in.model_eps"], fixture["in.model_var"]);
        using var plain = new GaussianDiffusion(process, new DiffusionOptions());
        Expect(fixture, comparison, "out.q_sample", plain.Noised(data, t, noise));
        var forward = plain.Forward(data, t);
        Expect(fixture, comparison, "out.q_mean_variance.mean", forward.Mean);
        Expect(fixture, comparison, "out.q_mean_variance.variance", forward.Variance);
        Expect(fixture, comparison, "out.q_mean_variance.log_variance", forward.LogVariance);
        var posterior = plain.Posterior(data, state, t);
        Expect(fixture, comparison, "out.q_posterior.mean", posterior.Mean);
        Expect(fixture, comparison, "out.q_posterior.variance", posterior.Variance);
        Expect(fixture, comparison, "out.q_posterior.log_variance_clipped", posterior.LogVariance);
        Expect(fixture, comparison, "out.xstart_from_eps", plain.DataFromNoise(state, t, mean));
        Expect(fixture, comparison, "out.eps_from_xstart", plain.NoiseFromData(state, t, data));
        foreach (var name in Groups(fixture, "out.p."))
        {
            // <variance>.<mean>.<clip|noclip>
            var parts = name.Split('.');
            var options = new DiffusionOptions { Variance = ProcessConfig.Variance(parts[0]), Mean = ProcessConfig.Mean(parts[1]) };
            using var diffusion = new GaussianDiffusion(process, options);
            var reverse = diffusion.Reverse((_, _) => options.LearnsVariance ? cat([mean, variance], ChannelAxis(data)) : mean.alias(), state, t, new Denoising(parts[2] == "clip"));
            Reverse(fixture, comparison, $"out.p.{name}", reverse);
        }
    }

    private static void Losses(Fixture fixture, Comparison comparison)
    {
        var process = ProcessConfig.Process(fixture.Config);
        var (data, noise, t, variance) = (fixture["in.x_start"], fixture["in.noise"], fixture["in.t"], fixture["in.model_var"]);
        foreach (var parametrisation in fixture.Names("in.model_mean.").Select(name => name["in.model_mean.".Length..]))
        {
            var mean = fixture[$"in.model_mean.{parametrisation}"];
            DiffusionLoss Of(DiffusionOptions options, out GaussianDiffusion diffusion) => new(diffusion = new GaussianDiffusion(process, options with { Mean = ProcessConfig.Mean(parametrisation) }));
            Tensor Network(bool both) => both ? cat([mean, variance], ChannelAxis(data)) : mean.alias();

            foreach (var variant in Groups(fixture, $"out.{parametrisation}."))
            {
                var options = Variant(variant);
                using var loss = Of(options, out var diffusion);
                using var _ = diffusion;
                Terms(fixture, comparison, $"out.{parametrisation}.{variant}", loss.Training((_, _) => Network(options.LearnsVariance), data, t, noise));
            }

            using var bound = Of(new DiffusionOptions(), out var process1);
            using var _1 = process1;
            var state = process1.Noised(data, t, noise);
            Expect(fixture, comparison, $"out.{parametrisation}.vb_clip", bound.Variational((_, _) => Network(true), data, state, t, new Denoising(true)));
            Expect(fixture, comparison, "out.prior_bpd", bound.Prior(data));
        }
    }

    /// <summary>Such as <c>fixed_small_rescaled_kl</c>; <c>learned</c> is DiT's learned range.</summary>
    private static DiffusionOptions Variant(string name)
    {
        foreach (var variance in new[] { "fixed_small_", "fixed_large_", "learned_range_", "learned_" })
        {
            if (name.StartsWith(variance, StringComparison.Ordinal))
            {
                return new DiffusionOptions
                {
                    Variance = variance == "learned_" ? VarianceKind.LearnedRange : ProcessConfig.Variance(variance.TrimEnd('_')),
                    Loss = ProcessConfig.Loss(name[variance.Length..]),
                };
            }
        }

        throw new FixtureException($"unknown kind of loss {name}");
    }

    private static void LearnedVariance(Fixture fixture, Comparison comparison)
    {
        var process = ProcessConfig.Process(fixture.Config);
        var (data, state, t) = (fixture["in.x_start"], fixture["in.x_t"], fixture["in.t"]);
        var noise = fixture.Has("in.noise") ? fixture["in.noise"] : state;
        var output = cat([fixture["in.model_mean"], fixture["in.model_logvar"]], ChannelAxis(data));
        using var rescaled = new GaussianDiffusion(process, new DiffusionOptions { RescaleTimes = true });
        Expect(fixture, comparison, "out.model_t", rescaled.ModelTimes(t));
        foreach (var mean in fixture.Names("out.").Where(name => name.EndsWith(".mean", StringComparison.Ordinal)).Select(name => name.Split('.')[1]))
        {
            var options = new DiffusionOptions { Mean = ProcessConfig.Mean(mean), Variance = VarianceKind.Learned, RescaleTimes = true };
            using var diffusion = new GaussianDiffusion(process, options);
            using var loss = new DiffusionLoss(diffusion);
            Reverse(fixture, comparison, $"out.{mean}", diffusion.Reverse((_, _) => output.alias(), state, t, new Denoising(fixture.Config.Flag("clip_denoised", false))));
            Terms(fixture, comparison, $"out.{mean}.loss", loss.Training((_, _) => output.alias(), data, t, noise));
        }
    }

    private static void ClipLosses(Fixture fixture, Comparison comparison)
    {
        var data = fixture["in.x_start"];
        var (noise, t) = (fixture["in.noise"], fixture["in.t"]);
        var output = cat([fixture["in.model_mean"], fixture["in.model_var"]], ChannelAxis(data));
        using var diffusion = new GaussianDiffusion(ProcessConfig.Process(fixture.Config), new DiffusionOptions());
        using var loss = new DiffusionLoss(diffusion);
        Terms(fixture, comparison, "out", loss.Training((_, _) => output.alias(), data, t, noise));
        // The file's reverse distribution is that of the noise itself taken for the state, clipped as the original does unless told otherwise.
        var state = fixture.Has("in.x_t") ? fixture["in.x_t"] : noise;
        Reverse(fixture, comparison, "out.p", diffusion.Reverse((_, _) => output.alias(), state, t, new Denoising(fixture.Config.Flag("clip_denoised", true))));
    }

    private static void Gradients(Fixture fixture, Comparison comparison)
    {
        var data = fixture["in.x_start"];
        var output = fixture["in.model_out"].requires_grad_(true);
        var axis = ChannelAxis(data);
        var variance = output.shape[axis] == 2 * data.shape[axis] ? VarianceKind.LearnedRange : VarianceKind.FixedLarge;
        using var diffusion = new GaussianDiffusion(ProcessConfig.Process(fixture.Config), new DiffusionOptions { Variance = variance });
        using var loss = new DiffusionLoss(diffusion);
        var mean = loss.Training((_, _) => output.alias(), data, fixture["in.t"], fixture["in.noise"]).Total.mean();
        Expect(fixture, comparison, "out.loss", mean);
        comparison.Expect("grad.model_out", autograd.grad([mean], [output])[0]);
    }

    private static void Steps(Fixture fixture, Comparison comparison)
    {
        var (output, state, t) = (fixture["in.model_out"], fixture["in.x_t"], fixture["in.t"]);
        var axis = ChannelAxis(state);
        var variance = output.shape[axis] == 2 * state.shape[axis] ? VarianceKind.LearnedRange : VarianceKind.FixedLarge;
        using var diffusion = new GaussianDiffusion(ProcessConfig.Process(fixture.Config), new DiffusionOptions { Variance = variance });
        foreach (var name in Groups(fixture, "out."))
        {
            // <step>.<clip|noclip>.<cond|plain>
            var parts = name.Split('.');
            var (kind, eta) = parts[0] switch
            {
                "p_sample" => (ReverseKind.Ddpm, 0.0),
                "ddim_reverse" => (ReverseKind.DdimInverse, 0.0),
                var ddim when ddim.StartsWith("ddim_eta", StringComparison.Ordinal) => (ReverseKind.Ddim, Eta(ddim["ddim_eta".Length..])),
                var other => throw new FixtureException($"unknown step {other}"),
            };
            var sampler = new DiffusionSampler(diffusion, new ReverseOptions(kind, new Denoising(parts[1] == "clip"), eta));
            var draws = fixture.Has($"rec.noise.{name}") ? fixture[$"rec.noise.{name}"].unsqueeze(0) : zeros(0);
            var step = sampler.Step((_, _) => output.alias(), state, t, ProcessConfig.Recorded(draws), parts[2] == "cond" ? (_, _) => fixture["in.cond_grad"] : null);
            Expect(fixture, comparison, $"out.{name}.sample", step.State);
            Expect(fixture, comparison, $"out.{name}.pred_xstart", step.Data);
        }
    }

    /// <summary>0, 05, 1, 025: digits after the first are decimals.</summary>
    private static double Eta(string digits) => double.Parse(digits.Contains('.', StringComparison.Ordinal) ? digits : $"{digits[0]}.{digits[1..]}0", System.Globalization.CultureInfo.InvariantCulture);

    private static void Reverse(Fixture fixture, Comparison comparison, string prefix, ReverseDistribution reverse)
    {
        Expect(fixture, comparison, $"{prefix}.mean", reverse.Mean);
        Expect(fixture, comparison, $"{prefix}.variance", reverse.Variance);
        Expect(fixture, comparison, $"{prefix}.log_variance", reverse.LogVariance);
        Expect(fixture, comparison, $"{prefix}.pred_xstart", reverse.Data);
    }

    private static void Terms(Fixture fixture, Comparison comparison, string prefix, DiffusionLossTerms terms)
    {
        Expect(fixture, comparison, $"{prefix}.loss", terms.Total);
        if (terms.SquaredError is { } error)
            Expect(fixture, comparison, $"{prefix}.mse", error);
        if (terms.Variational is { } variational)
            Expect(fixture, comparison, $"{prefix}.vb", variational);
    }

    /// <summary>Images [N, C, H, W] or clips [N, F, C, H, W].</summary>
    private static int ChannelAxis(Tensor x) => x.dim() == 5 ? 2 : 1;

    /// <summary>What lies between the prefix and the last dot, of names that have both.</summary>
    private static IEnumerable<string> Groups(Fixture fixture, string prefix) => fixture.Names(prefix)
        .Select(name => name[prefix.Length..]).Where(name => name.Contains('.', StringComparison.Ordinal))
        .Select(name => name[..name.LastIndexOf('.')]).Distinct();

    /// <summary>Of results that a file may leave out.</summary>
    private static void Expect(Fixture fixture, Comparison comparison, string name, Tensor got)
    {
        if (fixture.Has(name))
            comparison.Expect(name, got);
    }
}
