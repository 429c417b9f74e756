using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text;

/// <summary>Captions of one batch on the device.</summary>
/// <param name="Tokens">Ids, int64 [B, L].</param>
/// <param name="Pooling">1 / used ids where a token is used, else 0; float32 [B, 1, L].</param>
internal sealed record TextBatch(Tensor Tokens, Tensor Pooling)
{
    /// <summary>Captions of equal length; tensors belong to the current dispose scope.</summary>
    public static TextBatch From(IReadOnlyList<EncodedCaption> captions, Device device)
    {
        var length = captions[0].Tokens.Length;
        var tokens = new long[captions.Count * length];
        var pooling = new float[captions.Count * length];
        for (var row = 0; row < captions.Count; row++)
        {
            captions[row].Tokens.CopyTo(tokens, row * length);
            pooling.AsSpan(row * length, captions[row].Used).Fill(1f / captions[row].Used);
        }

        return new TextBatch(
            tensor(tokens, [captions.Count, length], device: device),
            tensor(pooling, [captions.Count, 1, length], device: device));
    }
}
