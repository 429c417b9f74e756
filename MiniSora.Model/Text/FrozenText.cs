using MiniSora.Model.Native;
using MiniSora.Model.Text.T5;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text;

/// <summary>
/// Features of a frozen T5 as a network's condition: every caption is encoded once, kept on disk by <see cref="FeatureCache"/>, and read from there. Tokens behind a
/// text's end are zero. May be asked by several threads.
/// </summary>
internal sealed class FrozenText : IDisposable
{
    private const int Batch = 8;
    private readonly Lock gate = new();
    private readonly T5TextModel encoder;
    private readonly FeatureCache cache;
    private readonly int length;

    /// <summary>Reads the encoder in <paramref name="folder"/>; texts get <paramref name="length"/> tokens, L.</summary>
    public FrozenText(string folder, string features, int length, Placement placement)
    {
        encoder = T5TextModel.Open(folder, placement);
        cache = new FeatureCache(features);
        this.length = length;
    }

    /// <summary>D.</summary>
    public int Width => (int)encoder.Width;

    /// <summary>Features of texts, flattened: a row of L·D numbers each. The empty text is the null caption.</summary>
    public float[][] Rows(IReadOnlyList<string> texts)
    {
        using var held = gate.EnterScope();
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        cache.Fill(encoder, texts, length, Batch, CancellationToken.None);
        var tokens = cache.Read(encoder.Hash, texts, length).Tokens.to_type(ScalarType.Float32).contiguous();
        return [.. Enumerable.Range(0, texts.Count).Select(i => tokens[i].contiguous().data<float>().ToArray())];
    }

    /// <inheritdoc/>
    public void Dispose() => encoder.Dispose();
}
