using System.Globalization;
using System.Text.RegularExpressions;
using MiniSora.Model.Cascade;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Stable Cascade's diffusion: tables over t and log SNR, noising, whole trajectories under a closed-form network.</summary>
internal static partial class CascadeDiffusionFixtures
{
    /// <summary>Recorded with the original's defaults but for a constant weight of 2, σ_data = ½, and the adaptive weight's update below.</summary>
    private static readonly Dictionary<string, Func<LossWeight>> Weights = new()
    {
        ["Constant"] = () => new ConstantWeight(2),
        ["SNR"] = () => new SnrWeight(),
        ["P2"] = () => new P2Weight(),
        ["SNRPlusOne"] = () => new SnrWeight(1),
        ["MinSNR"] = () => new SnrWeight(0, 0, 5),
        ["MinSNRPlusOne"] = () => new SnrWeight(1, 0, 5),
        ["TruncatedSNR"] = () => new SnrWeight(0, 1),
        ["Sech"] = () => new SechWeight(),
        ["Debiased"] = () => new DebiasedWeight(),
        ["Sigmoid"] = () => new SigmoidWeight(),
    };

    private static readonly Dictionary<string, Func<NoiseCondition>> Conditions = new()
    {
        ["Cosine"] = () => new CosineCondition(),
        ["EDM"] = () => new EdmCondition(),
        ["Sigmoid"] = () => new SigmoidCondition(),
        ["LogSNR"] = () => new LogSnrCondition(),
        ["EDMSigma"] = () => new EdmSigmaCondition(0.5),
        ["RectifiedFlows"] = () => new RectifiedFlowCondition(),
        ["StableDiffusion"] = () => new StableDiffusionCondition(),
        ["Discrete"] = () => new DiscreteCondition(new CosineCondition()),
    };

    public static void Tables(Fixture fixture, Comparison comparison)
    {
        float[] Floats(string name) => [.. fixture.Stored(name).to_type(ScalarType.Float32).data<float>()];
        var levels = fixture.Has("in.logSNR") ? Floats("in.logSNR") : [];
        foreach (var name in fixture.ResultNames.Order(StringComparer.Ordinal).ToList())
        {
            var parts = name.Split('.');
            var shift = parts[^1] is var last && last.StartsWith("shift", StringComparison.Ordinal) ? double.Parse(last.AsSpan("shift".Length), CultureInfo.InvariantCulture) : 1;
            IEnumerable<float> values = parts[1] switch
            {
                "schedule" => Floats("in.t").Select(t => Schedule(fixture, parts[2]).At(t, shift)),
                "limits" => Schedule(fixture, parts[2]).Limits is var (min, max) ? [min, max] : [],
                "scaler" => Levels(Scaler(parts[2], false), parts[3], levels),
                "scaler_stretched" => parts[3] == "limits" ? Limits(Scaler(parts[2], true)) : Levels(Scaler(parts[2], true), parts[3], levels),
                "noise_cond" => Told(parts[2], levels),
                "weight" => parts[2].StartsWith("Adaptive", StringComparison.Ordinal) ? Adaptive(levels) : levels.Select(value => Known(Weights, parts[2])().At(value, shift)),
                _ => throw new FixtureException($"{name} is no table that is known"),
            };
            comparison.Expect(name, [.. values.Select(value => (double)value)]);
        }
    }

    private static LogSnrSchedule Schedule(Fixture fixture, string name)
    {
        var arguments = fixture.Config.TryGetProperty("schedules", out var schedules) && schedules.TryGetProperty(name, out var found) ? found : default;
        double Argument(string key, double otherwise) => arguments.ValueKind == System.Text.Json.JsonValueKind.Object ? CascadeConfig.Number(arguments, key, otherwise) : otherwise;
        (double, double) Range(string key, double from, double to) =>
            arguments.ValueKind == System.Text.Json.JsonValueKind.Object && arguments.TryGetProperty(key, out var pair) ? (pair[0].GetDouble(), pair[1].GetDouble()) : (from, to);
        bool Flag(string key) => arguments.ValueKind == System.Text.Json.JsonValueKind.Object && arguments.TryGetProperty(key, out var flag) && flag.GetBoolean();
        var (smallest, largest) = Range("clamp_range", 0.0001, 0.9999);
        switch (name)
        {
            case "Cosine" or "CosineClamp" or "CosineNorm":
                return new CosineSchedule(Argument("s", 0.008), smallest, largest, Flag("norm_instead"));
            case "Sqrt":
                return new SquareRootSchedule(Argument("s", 1e-4), smallest, largest, Flag("norm_instead"));
            case "Cosine2":
                var (min, max) = Range("logsnr_range", -15, 15);
                return new TangentSchedule(min, max);
            case "RectifiedFlows":
                (min, max) = Range("logsnr_range", -15, 15);
                return new RectifiedFlowSchedule(min, max);
            case "Linear":
                (min, max) = Range("logsnr_range", -10, 10);
                return new LinearSchedule(min, max);
            case "EDMSample":
                (min, max) = Range("sigma_range", 0.002, 80);
                return new EdmSampleSchedule(min, max, Argument("p", 7));
            case "StableDiffusion":
                (min, max) = Range("linear_range", 0.00085, 0.012);
                return new StableDiffusionSchedule(min, max, (int)Argument("total_steps", 1000));
            case "Interpolated":
                // The configuration names both, noisy one first.
                var both = (arguments.ValueKind == System.Text.Json.JsonValueKind.String ? arguments.GetString()! : "Cosine/Linear").Split('/');
                return new InterpolatedSchedule(Schedule(fixture, both[0]), Schedule(fixture, both[1]));
            default:
                throw new FixtureException($"the schedule {name} is unknown");
        }
    }

    private static SignalScaler Scaler(string name, bool stretched)
    {
        SignalScaler scaler = name switch
        {
            "VP" => new VariancePreservingScaler(),
            "LERP" => new InterpolatingScaler(),
            _ => throw new FixtureException($"the scaler {name} is unknown"),
        };
        if (stretched)
            scaler.Stretch(new CosineSchedule());
        return scaler;
    }

    private static IEnumerable<float> Levels(SignalScaler scaler, string which, float[] levels) =>
        levels.Select(level => which == "a" ? scaler.At(level).A : scaler.At(level).B);

    private static IEnumerable<float> Limits(SignalScaler scaler) => scaler.Stretched is var (minA, maxA, minB, maxB) ? [minA, maxA, minB, maxB] : [];

    private static IEnumerable<float> Told(string name, float[] levels)
    {
        var condition = Known(Conditions, name)();
        // Outside the table the original's search runs out of bounds, so the recording stayed inside.
        return levels.Select(level => condition.At(name == "StableDiffusion" ? Math.Clamp(level, -4, 8) : level));
    }

    /// <summary>As recorded: one update by losses |log SNR| + 0.1 that keeps 0.8 of the old.</summary>
    private static IEnumerable<float> Adaptive(float[] levels)
    {
        var weight = new AdaptiveWeight();
        weight.Update(levels, [.. levels.Select(level => Math.Abs(level) + 0.1f)], 0.8);
        return levels.Select(level => weight.At(level));
    }

    private static Func<T> Known<T>(Dictionary<string, Func<T>> table, string name) =>
        table.TryGetValue(name, out var make) ? make : throw new FixtureException($"{name} is unknown");

    [GeneratedRegex(@"^\w+")]
    private static partial Regex FirstWord();

    [GeneratedRegex(@"cfg\s*=\s*([\d.]+)\s*t\s*\+\s*([\d.]+)\s*\(1-t\)")]
    private static partial Regex Ramp();

    [GeneratedRegex(@"shift\s*\(\s*([\d.]+)")]
    private static partial Regex ShiftBy();

    [GeneratedRegex(@"t_start\s*=?\s*([\d.]+)")]
    private static partial Regex StartAt();

    [GeneratedRegex(@"eta\s*=?\s*([\d.]+)")]
    private static partial Regex EtaOf();
}
