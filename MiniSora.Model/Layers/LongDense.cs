using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// A <see cref="Dense"/> over tens of thousands of numbers, summed in equal pieces: one running sum in float32 over Latte's 59,136 text numbers
/// was off by six times as much.
/// </summary>
internal sealed class LongDense
{
    private const long LongestPiece = 1024;
    private const long ShortestPiece = 64;
    private readonly Dense dense;
    private readonly long piece;

    public LongDense(ParameterLayout layout, string name, long inputs, long outputs)
    {
        dense = new Dense(layout, name, inputs, outputs);
        piece = LongestPiece;
        while (piece > ShortestPiece && inputs % piece != 0)
            piece--;
        if (inputs % piece != 0)
            piece = inputs;
    }

    /// <summary>[…, in] to […, out].</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        var weight = dense.Weight(w);
        long outputs = weight.shape[0], pieces = weight.shape[1] / piece;
        if (pieces == 1)
            return dense.Forward(w, x);
        var parts = x.reshape(-1, pieces, piece).transpose(0, 1)         // [P, N, in/P]
            .bmm(weight.view(outputs, pieces, piece).permute(1, 2, 0));  // [P, N, out]
        return parts.sum([0L]).Plus(dense.Bias(w)!).view([.. x.shape[..^1], outputs]);
    }
}
