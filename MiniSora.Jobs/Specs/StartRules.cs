using System.Globalization;
using MiniSora.Model.Backbones;
using MiniSora.Model.Objectives;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Specs;

/// <summary>Rules of a training run that starts from another one's checkpoint: what gives the weights shape and meaning stays as it was.</summary>
internal static class StartRules
{
    public static void Check(TrainingSpec spec, SpecContext context, List<SpecProblem> problems)
    {
        var start = spec.Start;
        if (start.Checkpoint.Length == 0)
            return;
        if (context.CheckpointExists is { } exists && !exists(start.Checkpoint))
            problems.Add(SpecProblem.At("spec.checkpoint_missing", "start.checkpoint", null, ("checkpoint", start.Checkpoint)));
        if (spec.Model.Network == NetworkKind.Cascade && start.Carry != Carry.Everything)
            problems.Add(SpecProblem.At("spec.carry_cascade", "start.carry", null));
        if (context.Source is not { } source)
            return;
        foreach (var field in SpecSchema.Training.Where(field => IsFixed(field.Path, spec, source)))
        {
            var (wanted, given) = (field.Format(field.Get(spec)), field.Format(field.Get(source)));
            if (wanted != given)
                problems.Add(SpecProblem.At("spec.start_differs", field.Path, null, ("value", wanted), ("source", given)));
        }

        if (start.Carry == Carry.Everything && context.SourceStep is { } step && spec.Training.Steps <= step)
            problems.Add(SpecProblem.At("spec.start_past_end", "training.steps", null, ("steps", Show(spec.Training.Steps)), ("step", Show(step))));
    }

    /// <summary>The spec as its estimate should see it: without the steps that another run took.</summary>
    public static TrainingSpec Remaining(TrainingSpec spec, long? sourceStep) =>
        spec.Start is { Checkpoint.Length: > 0, Carry: Carry.Everything } && sourceStep is { } step
            ? spec with { Training = spec.Training with { Steps = (int)Math.Max(1, spec.Training.Steps - step) } }
            : spec;

    /// <summary>What the trainer demands too when the run starts, said before it is submitted.</summary>
    private static bool IsFixed(string path, TrainingSpec spec, TrainingSpec source) => path switch
    {
        "objective.kind" or "objective.prediction" => true,
        "objective.noise_schedule" or "objective.variance" => source.Objective.Kind == ObjectiveKind.Diffusion,
        "objective.path" => source.Objective.Kind == ObjectiveKind.Interpolant,
        "data.frames" or "data.size" => source.Model.Network != NetworkKind.MiniSora,
        "data.dataset" => source.Model is { Network: not NetworkKind.MiniSora, Conditioning: ConditioningKind.Label },
        "training.ema_widths" => spec.Start.Carry != Carry.Weights,
        "training.ema_decay" => spec.Start.Carry != Carry.Weights && source.Model.Network != NetworkKind.Cascade,
        _ => path.StartsWith("model.", StringComparison.Ordinal) || path.StartsWith("codec.", StringComparison.Ordinal)
            || (source.Model.Network == NetworkKind.Cascade && path.StartsWith("cascade.", StringComparison.Ordinal)),
    };

    private static string Show(long number) => number.ToString(CultureInfo.InvariantCulture);
}
