using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>
/// Σ cᵢ xᵢ with coefficients that change from step to step: the arithmetic of every solver. The coefficients are computed in
/// double and each is held over its native call (see <see cref="Layers.HeldScalar"/>).
/// </summary>
internal static class LinearCombination
{
    /// <summary>Tensors of equal shape (or broadcastable to the first) to one in the first's type; belongs to the current dispose scope.</summary>
    public static Tensor Of(params ReadOnlySpan<(double Factor, Tensor Term)> terms)
    {
        using var scope = NewDisposeScope();
        Tensor? sum = null;
        foreach (var (factor, term) in terms)
        {
            using var held = factor.ToScalar();
            sum = sum is null ? term.mul(held) : sum.add(term, held);
        }

        return (sum ?? throw new ArgumentException("no terms", nameof(terms))).MoveToOuterDisposeScope();
    }
}
