using MiniSora.Model.Backbones;
using MiniSora.Model.Objectives;
using MiniSora.Model.Paths;
using MiniSora.Model.Tests.Training;
using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Systems;

/// <summary>DiT and Latte at the smallest size, on moving shapes of 8 frames at 16 px.</summary>
internal static class TinySystem
{
    private static readonly ObjectiveOptions Diffusion = new() { Kind = ObjectiveKind.Diffusion, Prediction = Prediction.Noise };
    private static readonly ObjectiveOptions Interpolant = new() { Kind = ObjectiveKind.Interpolant, Prediction = Prediction.Velocity };

    /// <summary>One of each kind: networks, variants, conditions, objectives, predictions.</summary>
    public static IReadOnlyDictionary<string, (Func<BackboneOptions, BackboneOptions> Model, ObjectiveOptions Objective)> All { get; } =
        new Dictionary<string, (Func<BackboneOptions, BackboneOptions>, ObjectiveOptions)>
        {
            ["dit label"] = (model => model with { Network = NetworkKind.Dit, Conditioning = ConditioningKind.Label }, Diffusion),
            ["dit adaptive"] = (
                model => model with { Network = NetworkKind.Dit, Conditioning = ConditioningKind.Label }, Diffusion with { Weighting = ErrorWeighting.Adaptive }),
            ["sit linear"] = (model => model with { Network = NetworkKind.Dit, Conditioning = ConditioningKind.None }, Interpolant),
            ["sit gvp noise"] = (model => model with { Network = NetworkKind.Dit, Conditioning = ConditioningKind.Label }, Interpolant with { Path = PathKind.Gvp, Prediction = Prediction.Noise }),
            ["latte text"] = (model => model with { Network = NetworkKind.Latte, Conditioning = ConditioningKind.Text }, Diffusion),
            ["latte images"] = (
                model => model with { Network = NetworkKind.Latte, Conditioning = ConditioningKind.Label, ImageFrames = 2 },
                Diffusion with { Variance = VarianceKind.FixedLarge, Weighting = ErrorWeighting.MinSnr }),
            ["latte late"] = (
                model => model with { Network = NetworkKind.Latte, Variant = LatteVariant.LateFusion, Conditioning = ConditioningKind.None },
                Diffusion with { NoiseSchedule = NoiseSchedule.ZeroTerminal, Prediction = Prediction.Velocity }),
            ["latte sequential"] = (
                model => model with { Network = NetworkKind.Latte, Variant = LatteVariant.SequentialAttention, Conditioning = ConditioningKind.Label },
                Interpolant with { Path = PathKind.Vp, Prediction = Prediction.Score }),
            ["latte parallel"] = (
                model => model with { Network = NetworkKind.Latte, Variant = LatteVariant.ParallelAttention, Conditioning = ConditioningKind.Text }, Interpolant),
        };

    /// <summary>A run of one of them.</summary>
    public static TrainerSetup Setup(string name)
    {
        var (model, objective) = All[name];
        var setup = TinyRun.Setup();
        return setup with { Model = model(setup.Model), Objective = objective };
    }
}
