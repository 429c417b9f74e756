using TorchSharp;

namespace MiniSora.Model.Text;

/// <summary>A frozen text encoder.</summary>
public interface ITextFeatures
{
    /// <summary>D of the features.</summary>
    long Width { get; }

    /// <summary>Hexadecimal; the same for encoders that give the same features: weights, tokenizer, sizes and arithmetic decide.</summary>
    string Hash { get; }

    /// <summary>Texts, cut or padded to <paramref name="length"/> tokens, to features. The caller owns the tensors.</summary>
    TextFeatures Encode(IReadOnlyList<string> texts, int length);
}

/// <summary>Features of texts.</summary>
/// <param name="Tokens">[B, L, D].</param>
/// <param name="Mask">float32 [B, L]: 1 where a token is, 0 where padding.</param>
public sealed record TextFeatures(torch.Tensor Tokens, torch.Tensor Mask) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Tokens.Dispose();
        Mask.Dispose();
    }
}
