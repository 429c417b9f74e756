using System.Text.Json;
using MiniSora.Model.Objectives;
using MiniSora.Model.Paths;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Reads names of diffusion and flow settings as the original implementations spell them.</summary>
internal static class ProcessConfig
{
    /// <summary>A property that is there and not null.</summary>
    public static JsonElement? Value(this JsonElement config, string name) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A number or its default.</summary>
    public static double Number(this JsonElement config, string name, double otherwise) => config.Value(name)?.GetDouble() ?? otherwise;

    /// <summary>A whole number or its default.</summary>
    public static int Whole(this JsonElement config, string name, int otherwise) => config.Value(name)?.GetInt32() ?? otherwise;

    /// <summary>A truth value or its default.</summary>
    public static bool Flag(this JsonElement config, string name, bool otherwise) => config.Value(name)?.GetBoolean() ?? otherwise;

    /// <summary>A text (numbers as written) or its default.</summary>
    public static string Word(this JsonElement config, string name, string otherwise) => config.Value(name) is { } value ? Word(value) : otherwise;

    /// <summary>A text; numbers as written, lists joined by commas.</summary>
    public static string Word(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(Word)),
        _ => value.GetRawText(),
    };

    /// <summary>The process of noise_schedule, diffusion_steps (1000) and respacing (all).</summary>
    public static DiffusionProcess Process(JsonElement config)
    {
        var steps = config.Whole("diffusion_steps", config.Whole("T", 1000));
        return DiffusionProcess.Of(Schedule(config.Word("noise_schedule", "linear")), steps, config.Word("respacing", config.Word("timestep_respacing", "")));
    }

    /// <summary>The switches of the originals' factory: what is predicted, its variance, its loss. Those left out have the factory's defaults.</summary>
    public static DiffusionOptions Options(JsonElement config, bool learnsVariance) => new()
    {
        Mean = config.Flag("predict_xstart", false) ? MeanKind.Data : MeanKind.Noise,
        Variance = learnsVariance ? VarianceKind.LearnedRange : config.Flag("sigma_small", false) ? VarianceKind.FixedSmall : VarianceKind.FixedLarge,
        Loss = config.Flag("use_kl", false) ? DiffusionLossKind.RescaledVariational
            : config.Flag("rescale_learned_sigmas", false) ? DiffusionLossKind.RescaledMeanSquared : DiffusionLossKind.MeanSquared,
        RescaleTimes = config.Flag("rescale_timesteps", false),
    };

    /// <summary>A noise schedule that means the same at any number of steps.</summary>
    public static NoiseSchedule Schedule(string name) => name switch
    {
        "linear" => NoiseSchedule.Linear,
        "squaredcos_cap_v2" or "cosine" => NoiseSchedule.SquaredCosine,
        _ => throw new FixtureException($"unknown noise schedule {name}"),
    };

    /// <summary>A shape of betas; null if the name is none.</summary>
    public static BetaShape? Shape(string name) => name switch
    {
        "linear" => BetaShape.Linear,
        "quad" => BetaShape.Quadratic,
        "warmup10" => BetaShape.WarmUpTenth,
        "warmup50" => BetaShape.WarmUpHalf,
        "const" => BetaShape.Constant,
        "jsd" => BetaShape.Harmonic,
        _ => null,
    };

    /// <summary>What an output means.</summary>
    public static MeanKind Mean(string name) => name switch
    {
        "eps" or "epsilon" => MeanKind.Noise,
        "x0" or "start_x" or "xstart" => MeanKind.Data,
        "prev_x" or "previous_x" => MeanKind.PreviousState,
        "v" or "velocity" => MeanKind.Velocity,
        _ => throw new FixtureException($"unknown mean {name}"),
    };

    /// <summary>Which variance.</summary>
    public static VarianceKind Variance(string name) => name switch
    {
        "fixed_small" => VarianceKind.FixedSmall,
        "fixed_large" => VarianceKind.FixedLarge,
        "learned_range" => VarianceKind.LearnedRange,
        "learned" => VarianceKind.Learned,
        _ => throw new FixtureException($"unknown variance {name}"),
    };

    /// <summary>Which loss.</summary>
    public static DiffusionLossKind Loss(string name) => name switch
    {
        "mse" => DiffusionLossKind.MeanSquared,
        "rescaled_mse" => DiffusionLossKind.RescaledMeanSquared,
        "kl" => DiffusionLossKind.Variational,
        "rescaled_kl" => DiffusionLossKind.RescaledVariational,
        _ => throw new FixtureException($"unknown loss {name}"),
    };

    /// <summary>An interpolant.</summary>
    public static PathKind Path(string name) => name switch
    {
        "Linear" => PathKind.Linear,
        "GVP" => PathKind.Gvp,
        "VP" => PathKind.Vp,
        _ => throw new FixtureException($"unknown path {name}"),
    };

    /// <summary>What a network on a path predicts.</summary>
    public static PathPrediction Prediction(string name) => name switch
    {
        "velocity" => PathPrediction.Velocity,
        "noise" => PathPrediction.Noise,
        "score" => PathPrediction.Score,
        _ => throw new FixtureException($"unknown prediction {name}"),
    };

    /// <summary>A weight of a path's loss; null is none.</summary>
    public static PathWeight Weight(JsonElement value) => value.ValueKind == JsonValueKind.Null ? PathWeight.None : value.GetString() switch
    {
        "velocity" => PathWeight.Velocity,
        "likelihood" => PathWeight.Likelihood,
        "none" or "" => PathWeight.None,
        var name => throw new FixtureException($"unknown loss weight {name}"),
    };

    /// <summary>A form of an SDE's diffusion; the misspelling is the original's.</summary>
    public static DiffusionForm Form(string name) => name switch
    {
        "constant" => DiffusionForm.Constant,
        "SBDM" => DiffusionForm.ScoreBased,
        "sigma" => DiffusionForm.Sigma,
        "linear" => DiffusionForm.Linear,
        "decreasing" => DiffusionForm.Decreasing,
        "inccreasing-decreasing" or "increasing-decreasing" => DiffusionForm.IncreasingDecreasing,
        _ => throw new FixtureException($"unknown diffusion form {name}"),
    };

    /// <summary>An ODE rule by torchdiffeq's name.</summary>
    public static OdeMethod Ode(string name) => name.ToLowerInvariant() switch
    {
        "euler" => OdeMethod.Euler,
        "midpoint" => OdeMethod.Midpoint,
        "heun2" or "heun" => OdeMethod.Heun,
        "heun3" => OdeMethod.Heun3,
        "rk4" => OdeMethod.RungeKutta4,
        "dopri5" => OdeMethod.DormandPrince,
        _ => throw new FixtureException($"unknown ODE method {name}"),
    };

    /// <summary>An SDE rule by SiT's name.</summary>
    public static SdeMethod Sde(string name) => name switch
    {
        "Euler" => SdeMethod.EulerMaruyama,
        "Heun" => SdeMethod.Heun,
        _ => throw new FixtureException($"unknown SDE method {name}"),
    };

    /// <summary>A last step; null is none.</summary>
    public static LastStep Last(JsonElement value) => Last(value.ValueKind == JsonValueKind.Null ? "None" : value.GetString()!);

    /// <summary>A last step by name.</summary>
    public static LastStep Last(string name) => name switch
    {
        "None" => LastStep.None,
        "Mean" => LastStep.Mean,
        "Tweedie" => LastStep.Tweedie,
        "Euler" => LastStep.Euler,
        _ => throw new FixtureException($"unknown last step {name}"),
    };

    /// <summary>Hands out recorded draws [draws, …] one after another instead of drawing.</summary>
    public static NoiseDraw Recorded(Tensor draws)
    {
        var next = 0;
        return like => next < draws.shape[0]
            ? draws[next++].to_type(like.dtype)
            : throw new FixtureException($"more than the {draws.shape[0]} recorded draws are needed");
    }
}
