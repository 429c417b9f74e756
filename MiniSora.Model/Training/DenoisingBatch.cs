using MiniSora.Model.Backbones;
using MiniSora.Model.Systems;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>A batch of diffusion or of an interpolant, with one noise level per lane.</summary>
/// <param name="Step">Step it belongs to.</param>
/// <param name="Data">Clean latents, float32 [B, F + I, c, h, w].</param>
/// <param name="Noise">Of the same shape.</param>
/// <param name="Times">In the objective's measure, [B].</param>
/// <param name="Conditions">Of the clips and of their images.</param>
/// <param name="Images">Images at the end of each lane, I.</param>
/// <param name="Share">Weight of a lane's loss: 1 / lanes of the whole batch.</param>
internal sealed record DenoisingBatch(long Step, Tensor Data, Tensor Noise, Tensor Times, EncodedConditions Conditions, int Images, double Share) : TrainingBatch(Step)
{
    /// <summary>Tokens that the loss is on; null: all.</summary>
    public TokenSubset? Kept { get; init; }

    /// <summary>What that makes cells count, [1, 1, 1, h, w].</summary>
    public Tensor? CellWeight { get; init; }

    /// <inheritdoc/>
    public override int Lanes => (int)Data.shape[0];

    /// <inheritdoc/>
    public override bool IsTypical => true;

    /// <inheritdoc/>
    public override void Dispose()
    {
        Data.Dispose();
        Noise.Dispose();
        Times.Dispose();
        CellWeight?.Dispose();
    }

    /// <inheritdoc/>
    protected override TrainingBatch Part(int from, int size)
    {
        Tensor View(Tensor of) => of.narrow(0, from, size).DetachFromDisposeScope();
        return this with { Data = View(Data), Noise = View(Noise), Times = View(Times), Conditions = Conditions.Lanes(from, size, 1 + Images), CellWeight = CellWeight?.alias().DetachFromDisposeScope() };
    }
}
