using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>softmax(q kᵀ / √d + bias) v, by the fused kernel where <see cref="FusedAttention.IsFaster"/> says so.</summary>
internal static class ScaledAttention
{
    /// <summary>
    /// Queries [R, K, N, d], keys and values [R, K, M, d] (any strides), bias broadcastable to [R, K, N, M] or null, to
    /// [R, K, N, d].
    /// </summary>
    public static Tensor Forward(Tensor query, Tensor key, Tensor value, Tensor? bias = null)
    {
        long rows = query.shape[0], heads = query.shape[1], tokens = query.shape[2], width = query.shape[3], keys = key.shape[2];
        if (FusedAttention.IsFaster(query, keys))
            return nn.functional.scaled_dot_product_attention(query, key, value, bias);

        var scaled = query.reshape(rows * heads, tokens, width).mul(HeldScalar.Of(1 / Math.Sqrt(width)));
        var scores = scaled.bmm(key.reshape(rows * heads, keys, width).transpose(1, 2));
        if (bias is not null)
            scores = scores.view(rows, heads, tokens, keys).Plus(bias).view(rows * heads, tokens, keys);
        return scores.softmax(-1).bmm(value.reshape(rows * heads, keys, width)).view(rows, heads, tokens, width);
    }
}
