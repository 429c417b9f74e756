using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text.T5;

/// <summary>
/// Encoder of T5 (Raffel et al. 2020) and T5 v1.1 (gated feed-forward, Shazeer 2020), keys as in transformers' T5EncoderModel. Key <c>shared.weight</c> is
/// the embedding; its other name <c>encoder.embed_tokens.weight</c> is understood by <see cref="Own"/>. Dropout is left out: the encoder is frozen.
/// </summary>
internal sealed class T5Encoder
{
    private const string Embedding = "shared.weight";
    private const string EmbeddingToo = "encoder.embed_tokens.weight";
    private const double Forbidden = -10_000;
    private readonly T5Options options;
    private readonly int embedding;
    private readonly int relativeBias;
    private readonly List<T5Block> blocks = [];
    private readonly T5Norm norm;

    public T5Encoder(T5Options options)
    {
        this.options = options;
        embedding = Layout.Add(Embedding, [options.Vocabulary, options.Width], Start.UnitNormal);
        relativeBias = Layout.Add("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", [options.Buckets, options.Heads], Start.Zero);
        for (var i = 0; i < options.Layers; i++)
            blocks.Add(new T5Block(Layout, $"encoder.block.{i}", options));
        norm = new T5Norm(Layout, "encoder.final_layer_norm", options.Width, options.Epsilon);
    }

    /// <summary>Its parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>
    /// Which of a file's keys the encoder wants under which of its own names: the embedding has two names in files, of which either or both may be there;
    /// a whole T5's decoder and output matrix are left out.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Own(IEnumerable<string> keys)
    {
        var own = new Dictionary<string, string>();
        foreach (var key in keys)
        {
            if (key.StartsWith("decoder.", StringComparison.Ordinal) || key.StartsWith("lm_head.", StringComparison.Ordinal))
                continue;
            if (key == EmbeddingToo)
                own.TryAdd(Embedding, key);
            else
                own[key] = key;
        }

        return own;
    }

    /// <summary>Bias of the scores by offset, [1, K, L, L] in the compute type.</summary>
    public Tensor PositionBias(ParameterViews w, long length)
    {
        using var scope = NewDisposeScope();
        var buckets = RelativePositions.Square(length, true, options.Buckets, options.MaxDistance, w[relativeBias].device);
        return w[relativeBias].index_select(0, buckets.view(-1)).view(length, length, options.Heads).permute(2, 0, 1).unsqueeze(0).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Ids int64 [B, L] to features [B, L, D]. <paramref name="mask"/> [B, L]: 1 where a token is, 0 where padding, which no token then attends to; null: no
    /// padding. <paramref name="trace"/> sees <c>hidden.i</c>, the input of block i, last the result, and <c>attn.i</c>.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor ids, Tensor? mask, Action<string, Tensor>? trace = null)
    {
        using var scope = NewDisposeScope();
        long batch = ids.shape[0], length = ids.shape[1];
        var bias = PositionBias(w, length);
        if (mask is not null)
        {
            // 0 where a token is, −10,000 where padding: [B, 1, 1, L].
            var forbidden = mask.to_type(ScalarType.Float32).add(HeldScalar.Of(-1), HeldScalar.One).mul(HeldScalar.Of(-Forbidden));
            bias = bias.Plus(forbidden.view(batch, 1, 1, length).to_type(w.Compute));
        }

        var x = w[embedding].index_select(0, ids.reshape(-1)).view(batch, length, options.Width);
        for (var i = 0; i < blocks.Count; i++)
        {
            trace?.Invoke($"hidden.{i}", x);
            var next = blocks[i].Forward(w, x, bias, trace is null ? null : attention => trace($"attn.{i}", attention));
            x.Dispose();
            x = next;
        }

        x = norm.Forward(w, x);
        trace?.Invoke($"hidden.{blocks.Count}", x);
        return x.MoveToOuterDisposeScope();
    }
}
