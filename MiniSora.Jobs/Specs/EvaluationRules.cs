namespace MiniSora.Jobs.Specs;

/// <summary>Rules of an evaluation spec.</summary>
internal static class EvaluationRules
{
    public static void Check(EvaluationSpec spec, SpecContext context, List<SpecProblem> problems)
    {
        SamplerRules.Check(spec.Sampler, "sampler", context.NearestAverage ? null : context.Source?.Training.Averages, problems);
        Checkpoint(spec.Checkpoint, context, problems);
        if (context.Source is not { } source)
            return;
        SystemRules.Solver(spec.Sampler.Solver, source, "sampler.solver", problems);
        if (source.Data.Frames < 4)
            problems.Add(SpecProblem.At("spec.too_few_frames", "checkpoint", null, ("frames", source.Data.Frames.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }

    /// <summary>Whether the checkpoint exists, where that is known.</summary>
    public static void Checkpoint(string checkpoint, SpecContext context, List<SpecProblem> problems)
    {
        if (!string.IsNullOrWhiteSpace(checkpoint) && context.CheckpointExists is { } checkpoints && !checkpoints(checkpoint))
            problems.Add(SpecProblem.At("spec.checkpoint_missing", "checkpoint", null, ("checkpoint", checkpoint)));
    }
}
