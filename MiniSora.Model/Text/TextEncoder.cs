using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text;

/// <summary>
/// Small transformer trained with the video model: embedding, learned positions, pre-norm blocks, final norm. Every
/// caption is padded to the same length and PAD is an ordinary token that may be attended to, so the result depends on
/// the caption alone, never on its neighbours in the batch; only the pooled vector leaves the padding out.
/// Keys <c>{name}.token_embedding.weight</c>, <c>.position_embedding</c>, <c>.blocks.i</c>, <c>.norm</c>, <c>.pool</c>.
/// </summary>
internal sealed class TextEncoder
{
    private readonly int tokenEmbedding;
    private readonly int positionEmbedding;
    private readonly List<TextBlock> blocks = [];
    private readonly AffineNorm norm;
    private readonly Dense pool;
    private readonly int width;

    public TextEncoder(ParameterLayout layout, string name, int vocabulary, int length, int width, int depth, int heads)
    {
        this.width = width;
        tokenEmbedding = layout.Add($"{name}.token_embedding.weight", [vocabulary, width], Start.UnitNormal);
        positionEmbedding = layout.Add($"{name}.position_embedding", [length, width], Start.SmallNormal);
        for (var i = 0; i < depth; i++)
            blocks.Add(new TextBlock(layout, $"{name}.blocks.{i}", width, heads));
        norm = new AffineNorm(layout, $"{name}.norm", width);
        pool = new Dense(layout, $"{name}.pool", width, width);
    }

    /// <summary>Captions to tokens [B, L, D] and their pooled vector [B, 1, D].</summary>
    public (Tensor Tokens, Tensor Pooled) Forward(ParameterViews w, TextBatch text)
    {
        long batch = text.Tokens.shape[0], length = text.Tokens.shape[1];
        var x = w[tokenEmbedding].index_select(0, text.Tokens.view(-1)).view(batch, length, width).Plus(w[positionEmbedding]);
        x = x.view(batch * length, width);
        foreach (var block in blocks)
            x = block.Forward(w, x, batch, length);
        var tokens = norm.Forward(w, x).view(batch, length, width);
        var mean = text.Pooling.to_type(w.Compute).bmm(tokens);
        return (tokens, pool.Forward(w, mean));
    }
}

/// <summary>x + attention(norm(x)), then x + mlp(norm(x)).</summary>
internal sealed class TextBlock
{
    private readonly AffineNorm norm1;
    private readonly Attention attn;
    private readonly AffineNorm norm2;
    private readonly FeedForward mlp;

    public TextBlock(ParameterLayout layout, string name, int width, int heads)
    {
        norm1 = new AffineNorm(layout, $"{name}.norm1", width);
        attn = new Attention(layout, $"{name}.attn", width, heads);
        norm2 = new AffineNorm(layout, $"{name}.norm2", width);
        mlp = new FeedForward(layout, $"{name}.mlp", width, 4 * width);
    }

    /// <summary>[B·L, D] to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, long batch, long length)
    {
        x = x.Plus(attn.Forward(w, norm1.Forward(w, x), batch, length, null));
        return x.Plus(mlp.Forward(w, norm2.Forward(w, x)));
    }
}
