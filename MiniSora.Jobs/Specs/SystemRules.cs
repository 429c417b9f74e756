using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Systems;

namespace MiniSora.Jobs.Specs;

/// <summary>Which networks, objectives, predictions and conditions go together.</summary>
internal static class SystemRules
{
    public static void Check(TrainingSpec spec, HashSet<string> outOfRange, List<SpecProblem> problems)
    {
        var (model, objective) = (spec.Model, spec.Objective);
        if (model.Network == NetworkKind.Cascade)
        {
            CascadeRules.Check(spec, outOfRange, problems);
            return;
        }

        Fit("spec.objective_unfit", "objective.kind", objective.Kind, model.Network, ObjectivesOf(model.Network), problems);
        Fit("spec.conditioning_unfit", "model.conditioning", model.Conditioning, model.Network, ConditioningsOf(model.Network), problems);
        Fit("spec.prediction_unfit", "objective.prediction", objective.Prediction, objective.Kind, PredictionsOf(objective.Kind), problems);
        if (objective is { Kind: ObjectiveKind.Diffusion, NoiseSchedule: NoiseSchedule.ZeroTerminal, Prediction: Prediction.Noise })
            problems.Add(SpecProblem.At("spec.noise_without_signal", "objective.prediction", null));
        if (model is { Network: NetworkKind.Latte, Variant: LatteVariant.Interleaved or LatteVariant.LateFusion } && !outOfRange.Contains("model.depth") && model.Depth % 2 != 0)
            problems.Add(SpecProblem.At("spec.depth_uneven", "model.depth", null, ("variant", SnakeCase.From(model.Variant)), ("depth", model.Depth.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        if (model.ImageFrames > 0 && model is not { Network: NetworkKind.Latte, Variant: LatteVariant.Interleaved or LatteVariant.LateFusion })
            problems.Add(SpecProblem.At("spec.images_unfit", "model.image_frames", null));
        if (model is { Network: not NetworkKind.MiniSora, Conditioning: ConditioningKind.Label } && spec.Data.Dataset == DatasetCatalog.Shapes)
            Prompts(spec.Preview.Prompts, "preview.prompts", problems);
    }

    /// <summary>Prompts of a network that was told the classes of the moving shapes, the only ones known without opening a dataset.</summary>
    public static void Prompts(IEnumerable<string> prompts, string path, List<SpecProblem> problems)
    {
        var classes = new ClassNames(MovingShapes.ClassNames);
        foreach (var prompt in prompts.Where(prompt => !string.IsNullOrWhiteSpace(prompt) && classes.Find(prompt) is null))
            problems.Add(SpecProblem.At("spec.class_unknown", path, null, ("prompt", prompt), ("nearest", string.Join(", ", classes.Nearest(prompt, 3)))));
    }

    /// <summary>Whether a solver suits a network and its objective; a cascade has one of its own.</summary>
    public static void Solver(SolverKind solver, TrainingSpec spec, string path, List<SpecProblem> problems)
    {
        var objective = spec.Objective.Kind;
        if (solver == SolverKind.Auto)
            return;
        if (spec.Model.Network == NetworkKind.Cascade)
            Fit("spec.solver_unfit", path, solver, spec.Model.Network, [SolverKind.Auto], problems);
        else
            Fit("spec.solver_unfit", path, solver, objective, SolverChoice.For(objective), problems);
    }

    private static ObjectiveKind[] ObjectivesOf(NetworkKind network) =>
        network == NetworkKind.MiniSora ? [ObjectiveKind.RectifiedFlow] : [ObjectiveKind.Diffusion, ObjectiveKind.Interpolant];

    private static ConditioningKind[] ConditioningsOf(NetworkKind network) => network switch
    {
        NetworkKind.MiniSora => [ConditioningKind.Text],
        NetworkKind.Dit => [ConditioningKind.Label, ConditioningKind.None],
        _ => [ConditioningKind.Text, ConditioningKind.Label, ConditioningKind.None],
    };

    private static Prediction[] PredictionsOf(ObjectiveKind objective) => objective switch
    {
        ObjectiveKind.Diffusion => [Prediction.Noise, Prediction.Data, Prediction.Velocity],
        ObjectiveKind.Interpolant => [Prediction.Velocity, Prediction.Noise, Prediction.Score],
        _ => [Prediction.Velocity, Prediction.Data],
    };

    private static void Fit<T>(string code, string path, T value, Enum with, IReadOnlyList<T> choices, List<SpecProblem> problems) where T : struct, Enum
    {
        if (!choices.Contains(value))
        {
            problems.Add(SpecProblem.At(code, path, null,
                ("value", SnakeCase.From(value)), ("with", SnakeCase.From(with)), ("choices", string.Join(", ", choices.Select(choice => SnakeCase.From(choice))))));
        }
    }
}
