using System.Text.Json;
using MiniSora.Model.Solvers.Discrete;

namespace MiniSora.Model.Verification;

/// <summary>
/// Our solvers by the names and keyword arguments of diffusers' scheduler classes, with the defaults that those have.
/// </summary>
internal static class DiffusersSchedulers
{
    /// <summary>A solver of class <paramref name="name"/> for <paramref name="steps"/> steps; <paramref name="call"/> are arguments of each step, <paramref name="mu"/> of the grid.</summary>
    public static IDiscreteSolver Create(string name, JsonElement constructor, int steps, JsonElement call, double? mu)
    {
        var arguments = new SchedulerArguments(name, constructor);
        var perStep = new SchedulerArguments($"{name}.step", call);
        var solver = Create(name, arguments, perStep, steps, mu);
        arguments.Done();
        perStep.Done();
        return solver;
    }

    /// <summary>The trained schedule of a class, or null for flow matching, which has none.</summary>
    public static NoiseSchedule? Schedule(string name, JsonElement constructor) =>
        name.StartsWith("FlowMatch", StringComparison.Ordinal) ? null : Schedule(new SchedulerArguments(name, constructor), name);

    /// <summary>A schedule by its keyword arguments, with DDPM's defaults.</summary>
    public static NoiseSchedule Schedule(SchedulerArguments arguments, string name)
    {
        // Heun's class alone starts from latent diffusion's range.
        var (start, end) = name == "HeunDiscreteScheduler" ? (0.00085, 0.012) : (0.0001, 0.02);
        return new NoiseSchedule(new NoiseScheduleOptions
        {
            TrainSteps = arguments.Whole("num_train_timesteps", 1000),
            BetaStart = arguments.Number("beta_start", start),
            BetaEnd = arguments.Number("beta_end", end),
            Curve = arguments.Choice(
                "beta_schedule", "linear", ("linear", BetaCurve.Linear), ("scaled_linear", BetaCurve.ScaledLinear),
                ("squaredcos_cap_v2", BetaCurve.SquaredCosine), ("exp", BetaCurve.Exponential), ("sigmoid", BetaCurve.Sigmoid)),
            TrainedBetas = arguments.Numbers("trained_betas"),
            ZeroTerminalSnr = arguments.Flag("rescale_betas_zero_snr", false),
        });
    }

    /// <summary>Whether the network of such a case predicts a variance in a second half of its channels.</summary>
    public static bool PredictsVariance(JsonElement constructor) =>
        constructor.TryGetProperty("variance_type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() is "learned" or "learned_range";

    private static IDiscreteSolver Create(string name, SchedulerArguments arguments, SchedulerArguments call, int steps, double? mu) => name switch
    {
        "DPMSolverMultistepScheduler" => new DpmMultistep(Schedule(arguments, name), Dpm(arguments, singlestep: false, mu), steps),
        "DPMSolverSinglestepScheduler" => new DpmSinglestep(Schedule(arguments, name), Dpm(arguments, singlestep: true, mu), steps),
        "UniPCMultistepScheduler" => new UniPc(Schedule(arguments, name), UniPcOf(arguments, mu), steps),
        "DEISMultistepScheduler" => new Deis(Schedule(arguments, name), DeisOf(arguments, mu), steps),
        "DDIMScheduler" => new Ddim(Schedule(arguments, name), DdimOf(arguments, call), steps),
        "DDPMScheduler" => new Ddpm(Schedule(arguments, name), DdpmOf(arguments), steps),
        "EulerDiscreteScheduler" => new EulerSolver(Schedule(arguments, name), Euler(arguments), steps, ChurnOf(call)),
        "EulerAncestralDiscreteScheduler" => new AncestralEuler(Schedule(arguments, name), Euler(arguments), steps),
        "HeunDiscreteScheduler" => new HeunSolver(Schedule(arguments, name), Euler(arguments), Clip(arguments, false, thresholds: false), steps),
        "PNDMScheduler" => new Pndm(Schedule(arguments, name), PndmOf(arguments), steps),
        "FlowMatchEulerDiscreteScheduler" => new FlowEuler(Flow(arguments, mu), steps, arguments.Flag("stochastic_sampling", false)),
        "FlowMatchHeunDiscreteScheduler" => new FlowHeun(Flow(arguments, mu), steps, ChurnOf(call)),
        _ => throw new FixtureException($"no solver here goes by the name {name}"),
    };

    private static DpmOptions Dpm(SchedulerArguments arguments, bool singlestep, double? mu)
    {
        arguments.Ignore("variance_type");
        var final = Final(arguments);
        return new DpmOptions
        {
            Order = arguments.Whole("solver_order", 2),
            Algorithm = arguments.Choice(
                "algorithm_type", "dpmsolver++", ("dpmsolver++", DpmAlgorithm.Data), ("dpmsolver", DpmAlgorithm.Noise),
                ("sde-dpmsolver++", DpmAlgorithm.DataSde), ("sde-dpmsolver", DpmAlgorithm.NoiseSde), ("deis", DpmAlgorithm.Data)),
            SecondOrder = arguments.Choice(
                "solver_type", "midpoint", ("midpoint", DpmSecondOrder.Midpoint), ("heun", DpmSecondOrder.Heun),
                ("logrho", DpmSecondOrder.Midpoint), ("bh1", DpmSecondOrder.Midpoint), ("bh2", DpmSecondOrder.Midpoint)),
            Output = Output(arguments),
            LowerOrderFinal = arguments.Flag("lower_order_final", !singlestep || final == FinalSigma.Zero),
            EulerAtFinal = !singlestep && arguments.Flag("euler_at_final", false),
            Limit = Threshold(arguments),
            Grid = Multistep(arguments, mu, final, hasSpacing: !singlestep) with { SmallestLambda = arguments.Number("lambda_min_clipped", double.NegativeInfinity) },
        };
    }

    private static UniPcOptions UniPcOf(SchedulerArguments arguments, double? mu)
    {
        arguments.Ignore("solver_p"); // null; any other value cannot be written in a configuration
        return new UniPcOptions
        {
            Order = arguments.Whole("solver_order", 2),
            Variant = arguments.Choice(
                "solver_type", "bh2", ("bh1", UniPcVariant.Bh1), ("bh2", UniPcVariant.Bh2),
                ("midpoint", UniPcVariant.Bh2), ("heun", UniPcVariant.Bh2), ("logrho", UniPcVariant.Bh2)),
            UsesData = arguments.Flag("predict_x0", true),
            LowerOrderFinal = arguments.Flag("lower_order_final", true),
            UncorrectedSteps = [.. (arguments.Numbers("disable_corrector") ?? []).Select(step => (int)step)],
            Output = Output(arguments),
            Limit = Threshold(arguments),
            Grid = Multistep(arguments, mu, Final(arguments), hasSpacing: true),
        };
    }

    private static DeisOptions DeisOf(SchedulerArguments arguments, double? mu)
    {
        arguments.Ignore("algorithm_type");
        arguments.Ignore("solver_type");
        return new DeisOptions
        {
            Order = arguments.Whole("solver_order", 2),
            LowerOrderFinal = arguments.Flag("lower_order_final", true),
            Output = Output(arguments),
            Limit = Threshold(arguments),
            Grid = Multistep(arguments, mu, FinalSigma.Smallest, hasSpacing: true),
        };
    }

    private static DdimOptions DdimOf(SchedulerArguments arguments, SchedulerArguments call) => new()
    {
        Eta = call.Number("eta", 0),
        NoiseFromLimitedData = call.Flag("use_clipped_model_output", false),
        Output = Output(arguments),
        Limit = Clip(arguments, true, thresholds: true),
        EndsAtOne = arguments.Flag("set_alpha_to_one", true),
        Spacing = Spacing(arguments, "leading"),
        StepsOffset = arguments.Whole("steps_offset", 0),
        Stride = TimeStride.Constant,
    };

    private static DdpmOptions DdpmOf(SchedulerArguments arguments) => new()
    {
        Variance = arguments.Choice(
            "variance_type", "fixed_small", ("fixed_small", AncestralVariance.FixedSmall), ("fixed_small_log", AncestralVariance.FixedSmall),
            ("fixed_large", AncestralVariance.FixedLarge), ("learned", AncestralVariance.Learned), ("learned_range", AncestralVariance.LearnedRange)),
        Output = Output(arguments),
        Limit = Clip(arguments, true, thresholds: true),
        Spacing = Spacing(arguments, "leading"),
        StepsOffset = arguments.Whole("steps_offset", 0),
        Stride = TimeStride.Constant,
    };

    private static PndmOptions PndmOf(SchedulerArguments arguments) => new()
    {
        SkipRungeKutta = arguments.Flag("skip_prk_steps", false),
        Output = Output(arguments),
        EndsAtOne = arguments.Flag("set_alpha_to_one", false),
        Spacing = Spacing(arguments, "leading"),
        StepsOffset = arguments.Whole("steps_offset", 0),
    };

    private static EulerGridOptions Euler(SchedulerArguments arguments)
    {
        arguments.Choice("interpolation_type", "linear", ("linear", 0));
        var output = Output(arguments);
        return new EulerGridOptions
        {
            Output = output,
            Spacing = Spacing(arguments, "linspace"),
            StepsOffset = arguments.Whole("steps_offset", 0),
            Curve = Curve(arguments),
            Final = Final(arguments),
            SigmaMin = arguments.Number("sigma_min"),
            SigmaMax = arguments.Number("sigma_max"),
            LogSigmaTimes = arguments.Choice("timestep_type", "discrete", ("discrete", false), ("continuous", true)) && output == NetworkOutput.Velocity,
        };
    }

    private static FlowGrid Flow(SchedulerArguments arguments, double? mu)
    {
        foreach (var name in new[] { "base_shift", "max_shift", "base_image_seq_len", "max_image_seq_len" })
            arguments.Ignore(name); // from which a pipeline computes mu
        var dynamic = arguments.Flag("use_dynamic_shifting", false);
        if (dynamic && mu is null)
            throw new FixtureException("dynamic shifting needs mu");
        return new FlowGrid
        {
            TrainSteps = arguments.Whole("num_train_timesteps", 1000),
            Shift = arguments.Number("shift", 1),
            Mu = dynamic ? mu : null,
            MuForm = arguments.Choice("time_shift_type", "exponential", ("exponential", ResolutionShift.Exponential), ("linear", ResolutionShift.Linear)),
            Terminal = arguments.Number("shift_terminal"),
            Curve = Curve(arguments),
            Inverted = arguments.Flag("invert_sigmas", false),
        };
    }

    private static MultistepGridOptions Multistep(SchedulerArguments arguments, double? mu, FinalSigma final, bool hasSpacing)
    {
        var dynamic = arguments.Flag("use_dynamic_shifting", false);
        arguments.Choice("time_shift_type", "exponential", ("exponential", 0));
        var shift = arguments.Number("flow_shift", 1);
        return new MultistepGridOptions
        {
            Spacing = hasSpacing ? Spacing(arguments, "linspace") : TimestepSpacing.Linspace,
            StepsOffset = hasSpacing ? arguments.Whole("steps_offset", 0) : 0,
            Curve = Curve(arguments),
            Final = final,
            FlowShift = dynamic && mu is { } value ? Math.Exp(value) : shift,
        };
    }

    private static SigmaCurve Curve(SchedulerArguments arguments)
    {
        var chosen = new[]
        {
            (arguments.Flag("use_karras_sigmas", false), SigmaCurve.Karras),
            (arguments.Flag("use_exponential_sigmas", false), SigmaCurve.Exponential),
            (arguments.Flag("use_lu_lambdas", false), SigmaCurve.Lambda),
            (arguments.Flag("use_flow_sigmas", false), SigmaCurve.Flow),
        };
        if (arguments.Flag("use_beta_sigmas", false))
            throw new FixtureException("use_beta_sigmas is not known here");
        return chosen.Where(choice => choice.Item1).Select(choice => choice.Item2).FirstOrDefault(SigmaCurve.Trained);
    }

    private static NetworkOutput Output(SchedulerArguments arguments) => arguments.Choice(
        "prediction_type", "epsilon", ("epsilon", NetworkOutput.Epsilon), ("sample", NetworkOutput.Sample), ("original_sample", NetworkOutput.Sample),
        ("v_prediction", NetworkOutput.Velocity), ("flow_prediction", NetworkOutput.Flow));

    private static TimestepSpacing Spacing(SchedulerArguments arguments, string otherwise) => arguments.Choice(
        "timestep_spacing", otherwise, ("leading", TimestepSpacing.Leading), ("trailing", TimestepSpacing.Trailing), ("linspace", TimestepSpacing.Linspace));

    private static FinalSigma Final(SchedulerArguments arguments) =>
        arguments.Choice("final_sigmas_type", "zero", ("zero", FinalSigma.Zero), ("sigma_min", FinalSigma.Smallest));

    private static DataLimit Threshold(SchedulerArguments arguments)
    {
        var (ratio, largest) = (arguments.Number("dynamic_thresholding_ratio", 0.995), arguments.Number("sample_max_value", 1));
        return arguments.Flag("thresholding", false) ? new DataLimit { Quantile = ratio, LargestQuantile = largest } : DataLimit.None;
    }

    private static DataLimit Clip(SchedulerArguments arguments, bool otherwise, bool thresholds)
    {
        var range = arguments.Number("clip_sample_range", 1);
        var clips = arguments.Flag("clip_sample", otherwise);
        var threshold = thresholds ? Threshold(arguments) : DataLimit.None;
        return threshold.Quantile is not null ? threshold : clips ? new DataLimit { Clip = range } : DataLimit.None;
    }

    private static Churn ChurnOf(SchedulerArguments call) => new(
        call.Number("s_churn", 0), call.Number("s_tmin", 0), call.Number("s_tmax", double.PositiveInfinity), call.Number("s_noise", 1));
}
