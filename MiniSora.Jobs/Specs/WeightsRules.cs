using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Weights;

namespace MiniSora.Jobs.Specs;

/// <summary>Rules about imported weights that a training spec names.</summary>
internal static class WeightsRules
{
    public static void Check(TrainingSpec spec, SpecContext context, List<SpecProblem> problems)
    {
        if (spec.Codec.Kind is CodecKind.Kl or CodecKind.StageA)
            Named("codec.weights", spec.Codec.Weights, spec.Codec.Kind == CodecKind.Kl ? WeightsUse.Kl : WeightsUse.StageA, context, problems);
        if (spec.Model.TextEncoder == TextEncoderKind.Own)
            return;
        if (spec.Model is not { Network: NetworkKind.Latte, Conditioning: ConditioningKind.Text })
            problems.Add(SpecProblem.At("spec.text_encoder_unfit", "model.text_encoder", null));
        else
            Named("model.text_weights", spec.Model.TextWeights, WeightsUse.T5, context, problems);
    }

    private static void Named(string path, string name, WeightsUse use, SpecContext context, List<SpecProblem> problems)
    {
        if (string.IsNullOrWhiteSpace(name))
            problems.Add(SpecProblem.At("spec.weights_required", path, null, ("use", SnakeCase.From(use))));
        else if (context.Weights is { } known && known(name) is var found && found?.Use != use)
            problems.Add(SpecProblem.At(found is null ? "spec.weights_missing" : "spec.weights_other", path, null, ("weights", name), ("use", SnakeCase.From(use)), ("found", found is null ? "" : SnakeCase.From(found.Use))));
    }
}
