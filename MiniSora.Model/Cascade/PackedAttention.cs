using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// torch's multi-head attention with batches first: keys <c>{name}.in_proj_weight</c> [3D, D] in the order query, key, value,
/// <c>{name}.in_proj_bias</c>, <c>{name}.out_proj</c>. Both projections start by Glorot, biases at zero.
/// </summary>
internal sealed class PackedAttention
{
    private readonly int weight;
    private readonly int bias;
    private readonly Linear output;
    private readonly long width;
    private readonly long heads;
    private readonly double dropout;

    public PackedAttention(ParameterLayout layout, string name, long width, long heads, double dropout = 0, Initial outputInitial = Initial.Xavier)
    {
        if (heads < 1 || width % heads != 0)
            throw new ArgumentException($"heads ({heads}) must divide the width ({width})", nameof(heads));
        this.width = width;
        this.heads = heads;
        this.dropout = dropout;
        weight = layout.AddWeight($"{name}.in_proj_weight", [3 * width, width], Initial.Xavier);
        bias = layout.Add($"{name}.in_proj_bias", [3 * width], Start.Zero);
        output = new Linear(layout, $"{name}.out_proj", width, width, outputInitial);
    }

    /// <summary>Queries from [B, N, D], keys and values from [B, M, D], to [B, N, D]. <paramref name="masks"/>: see <see cref="Dropout"/>.</summary>
    public Tensor Forward(ParameterViews w, Tensor queries, Tensor keys, Generator? masks = null)
    {
        var q = Heads(nn.functional.linear(queries, w[weight].narrow(0, 0, width), w[bias].narrow(0, 0, width)));
        var pair = nn.functional.linear(keys, w[weight].narrow(0, width, 2 * width), w[bias].narrow(0, width, 2 * width));
        var k = Heads(pair.narrow(-1, 0, width));
        var v = Heads(pair.narrow(-1, width, width));
        Tensor mixed;
        if (masks is null || dropout <= 0)
        {
            mixed = nn.functional.scaled_dot_product_attention(q, k, v);
        }
        else
        {
            var scores = matmul(q, k.transpose(-2, -1)).mul(HeldScalar.Of(1 / Math.Sqrt((double)width / heads))).softmax(-1);
            mixed = matmul(Dropout.Apply(scores, dropout, masks), v);
        }

        return output.Forward(w, mixed.transpose(1, 2).reshape(queries.shape));
    }

    /// <summary>[B, N, D] to [B, K, N, d].</summary>
    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], heads, width / heads).transpose(1, 2);
}
