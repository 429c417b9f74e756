using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>Queries from tokens, keys and values from a context of the same width: keys <c>{name}.to_q</c>, <c>to_k</c>, <c>to_v</c>, <c>to_out.0</c>.</summary>
internal sealed class CrossAttention
{
    private readonly Dense query;
    private readonly Dense key;
    private readonly Dense value;
    private readonly Dense output;
    private readonly int heads;

    public CrossAttention(ParameterLayout layout, string name, int width, int heads, bool hasBias)
    {
        this.heads = heads;
        query = new Dense(layout, $"{name}.to_q", width, width, hasBias: hasBias);
        key = new Dense(layout, $"{name}.to_k", width, width, hasBias: hasBias);
        value = new Dense(layout, $"{name}.to_v", width, width, hasBias: hasBias);
        output = new Dense(layout, $"{name}.to_out.0", width, width);
    }

    /// <summary>x [R, N, D] (contiguous), context [R, M, D], bias of the scores [R, 1, 1, M] or null, to [R, N, D].</summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor context, Tensor? bias)
    {
        Tensor Split(Dense dense, Tensor from) => dense.Forward(w, from).view(from.shape[0], from.shape[1], heads, -1).transpose(1, 2);
        var mixed = ScaledAttention.Forward(Split(query, x), Split(key, context), Split(value, context), bias);
        return output.Forward(w, mixed.transpose(1, 2).reshape(x.shape));
    }
}
