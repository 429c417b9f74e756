namespace MiniSora.Model.Training;

/// <summary>Constants of AdamW (Loshchilov and Hutter 2019).</summary>
/// <param name="Beta1">Share of itself that the first moment keeps.</param>
/// <param name="Beta2">Share of itself that the second moment keeps.</param>
/// <param name="Epsilon">Added outside the root.</param>
/// <param name="WeightDecay">Decoupled decay per unit of learning rate.</param>
internal sealed record AdamWOptions(double Beta1, double Beta2, double Epsilon, double WeightDecay)
{
    /// <summary>A run's settings; ε is 1e-8.</summary>
    public static AdamWOptions Of(TrainingOptions options) => new(options.Beta1, options.Beta2, 1e-8, options.WeightDecay);
}
