using System.Globalization;

namespace MiniSora.Jobs.Specs;

/// <summary>Finds every reason why a spec cannot run. The order is that of the fields, then rules between fields.</summary>
public static class SpecValidator
{
    /// <summary>All problems; empty means that it can run.</summary>
    public static IReadOnlyList<SpecProblem> Validate(RunSpec spec, SpecContext context)
    {
        var problems = new List<SpecProblem>();
        foreach (var field in SpecSchema.For(spec))
            SpecFieldRules.Check(field, field.Get(spec), problems);
        // Rules between fields assume fields in range: a division by a patch of 0 says nothing new.
        var ranges = problems.Select(problem => problem.Path).ToHashSet();
        Device(spec, problems);
        if (spec is TrainingSpec training)
            TrainingRules.Check(training, context, ranges, problems);
        else if (spec is SamplingSpec sampling)
            SamplingRules.Check(sampling, context, problems);
        else if (spec is EvaluationSpec evaluation)
            EvaluationRules.Check(evaluation, context, problems);
        else if (spec is EncoderSpec { Encoder: { Heads: > 0 } encoder } && encoder.Width % encoder.Heads != 0)
            problems.Add(SpecProblem.At("spec.heads_divide_width", "encoder.heads", null, ("heads", encoder.Heads.ToString(CultureInfo.InvariantCulture)), ("width", encoder.Width.ToString(CultureInfo.InvariantCulture))));
        else if (spec is ReplaySpec replay)
            EvaluationRules.Checkpoint(replay.Checkpoint, context, problems);
        return problems;
    }

    private static void Device(RunSpec spec, List<SpecProblem> problems)
    {
        var known = spec.Device is "auto" or "cpu" or "cuda"
            || (spec.Device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(spec.Device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _));
        if (!known)
            problems.Add(SpecProblem.At("spec.device_unknown", "device", null, ("value", spec.Device)));
    }
}
