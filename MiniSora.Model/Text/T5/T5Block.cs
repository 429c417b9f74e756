using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text.T5;

/// <summary>
/// x + attention(norm x), then x + feed-forward(norm x). Scores are q·k plus a bias that depends on the offset, not divided by √d: T5 keeps the division in
/// its initial weights. Softmax in fp32. Keys <c>layer.0.SelfAttention.{q,k,v,o}</c>, <c>layer.0.layer_norm</c>, <c>layer.1.DenseReluDense</c>, <c>layer.1.layer_norm</c>.
/// </summary>
internal sealed class T5Block
{
    private readonly long heads;
    private readonly long headWidth;
    private readonly T5Norm norm1;
    private readonly int query;
    private readonly int key;
    private readonly int value;
    private readonly int output;
    private readonly T5Norm norm2;
    private readonly T5FeedForward feedForward;

    public T5Block(ParameterLayout layout, string name, T5Options options)
    {
        heads = options.Heads;
        headWidth = options.HeadWidth;
        var inner = heads * headWidth;
        int Matrix(string part, long outputs, long inputs) => layout.Add($"{name}.layer.0.SelfAttention.{part}.weight", [outputs, inputs], Start.Xavier, decay: true);
        query = Matrix("q", inner, options.Width);
        key = Matrix("k", inner, options.Width);
        value = Matrix("v", inner, options.Width);
        output = Matrix("o", options.Width, inner);
        norm1 = new T5Norm(layout, $"{name}.layer.0.layer_norm", options.Width, options.Epsilon);
        feedForward = new T5FeedForward(layout, $"{name}.layer.1.DenseReluDense", options.Width, options.Hidden, options.Activation, options.Gated);
        norm2 = new T5Norm(layout, $"{name}.layer.1.layer_norm", options.Width, options.Epsilon);
    }

    /// <summary>x [B, L, D] to the same; <paramref name="bias"/> [B or 1, K, L, L] is added to the scores. <paramref name="trace"/> sees the softmax.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor bias, Action<Tensor>? trace)
    {
        using var scope = NewDisposeScope();
        long batch = x.shape[0], length = x.shape[1];
        var normed = norm1.Forward(w, x);
        Tensor Heads(int matrix) => nn.functional.linear(normed, w[matrix]).view(batch, length, heads, headWidth).transpose(1, 2); // [B, K, L, d]
        var scores = Heads(query).matmul(Heads(key).transpose(2, 3)).Plus(bias);
        var attention = scores.to_type(ScalarType.Float32).softmax(-1).to_type(x.dtype);
        trace?.Invoke(attention);
        var mixed = attention.matmul(Heads(value)).transpose(1, 2).reshape(batch, length, heads * headWidth);
        x = x.Plus(nn.functional.linear(mixed, w[output]));
        return x.Plus(feedForward.Forward(w, norm2.Forward(w, x))).MoveToOuterDisposeScope();
    }
}
