using System.Text.Json;

namespace MiniSora.Model.Text.T5;

/// <summary>Nonlinearity of the feed-forward layers.</summary>
internal enum T5Activation
{
    /// <summary>max(x, 0): the first T5.</summary>
    Relu,

    /// <summary>GELU in its tanh approximation, ½x(1 + tanh(√(2/π)(x + 0.044715x³))): T5 v1.1.</summary>
    GeluTanh,

    /// <summary>x · sigmoid(x).</summary>
    Silu,
}

/// <summary>The sizes of a T5 encoder, as transformers' <c>config.json</c> has them.</summary>
internal sealed record T5Options
{
    /// <summary>Ids.</summary>
    public long Vocabulary { get; init; } = 32128;

    /// <summary>D.</summary>
    public long Width { get; init; } = 512;

    /// <summary>Numbers per head; heads · this need not be <see cref="Width"/>.</summary>
    public long HeadWidth { get; init; } = 64;

    /// <summary>Width inside the feed-forward layers.</summary>
    public long Hidden { get; init; } = 2048;

    /// <summary>Blocks.</summary>
    public int Layers { get; init; } = 6;

    /// <summary>K.</summary>
    public long Heads { get; init; } = 8;

    /// <summary>Buckets of relative positions, half of them for either direction.</summary>
    public long Buckets { get; init; } = 32;

    /// <summary>Positions from here on share the last bucket.</summary>
    public long MaxDistance { get; init; } = 128;

    /// <summary>ε of the norms.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Nonlinearity.</summary>
    public T5Activation Activation { get; init; } = T5Activation.Relu;

    /// <summary>Whether a second projection multiplies the nonlinearity's result (Shazeer 2020).</summary>
    public bool Gated { get; init; }

    /// <summary>From a <c>config.json</c>; absent entries have transformers' defaults. Throws <see cref="NotSupportedException"/> for an unknown nonlinearity.</summary>
    public static T5Options FromConfig(JsonElement config)
    {
        var standard = new T5Options();
        long Number(string name, long otherwise) => config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : otherwise;
        var projection = config.TryGetProperty("feed_forward_proj", out var text) ? text.GetString() ?? "relu" : "relu";
        var gated = projection.StartsWith("gated-", StringComparison.Ordinal);
        return new T5Options
        {
            Vocabulary = Number("vocab_size", standard.Vocabulary),
            Width = Number("d_model", standard.Width),
            HeadWidth = Number("d_kv", standard.HeadWidth),
            Hidden = Number("d_ff", standard.Hidden),
            Layers = (int)Number("num_layers", standard.Layers),
            Heads = Number("num_heads", standard.Heads),
            Buckets = Number("relative_attention_num_buckets", standard.Buckets),
            MaxDistance = Number("relative_attention_max_distance", standard.MaxDistance),
            Epsilon = config.TryGetProperty("layer_norm_epsilon", out var epsilon) ? epsilon.GetDouble() : standard.Epsilon,
            Gated = gated,
            // transformers reads gated-gelu as the tanh approximation, since T5 v1.1 was trained with it.
            Activation = (gated ? projection["gated-".Length..] : projection) switch
            {
                "relu" => T5Activation.Relu,
                "gelu" when gated => T5Activation.GeluTanh,
                "gelu_new" => T5Activation.GeluTanh,
                "silu" or "swish" => T5Activation.Silu,
                var other => throw new NotSupportedException($"feed_forward_proj is {other}; known are relu, gelu_new, silu and gated-gelu, gated-relu, gated-silu"),
            },
        };
    }
}
