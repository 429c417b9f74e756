using System.Text.Json;
using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;

namespace MiniSora.Model.Verification;

/// <summary>Networks from the constructor arguments of the originals, under their names.</summary>
internal static class NetworkConfig
{
    /// <summary>Arguments of DiT or SiT; <paramref name="conditional"/> false when the weights have no label table.</summary>
    public static DiTOptions DiT(JsonElement config, bool conditional = true)
    {
        var defaults = new DiTOptions();
        return new DiTOptions
        {
            InputSize = Int(config, "input_size", defaults.InputSize),
            PatchSize = Int(config, "patch_size", defaults.PatchSize),
            InChannels = Int(config, "in_channels", defaults.InChannels),
            HiddenSize = Int(config, "hidden_size", defaults.HiddenSize),
            Depth = Int(config, "depth", defaults.Depth),
            NumHeads = Int(config, "num_heads", defaults.NumHeads),
            MlpRatio = Number(config, "mlp_ratio", defaults.MlpRatio),
            ClassDropoutProb = Number(config, "class_dropout_prob", defaults.ClassDropoutProb),
            NumClasses = conditional ? Int(config, "num_classes", defaults.NumClasses) : 0,
            LearnSigma = Flag(config, "learn_sigma", defaults.LearnSigma),
        };
    }

    /// <summary>Arguments of Latte or LatteIMG; <paramref name="textWidth"/> null: the original's.</summary>
    public static LatteOptions Latte(JsonElement config, int? textWidth = null)
    {
        var defaults = new LatteOptions();
        return new LatteOptions
        {
            InputSize = Int(config, "input_size", defaults.InputSize),
            PatchSize = Int(config, "patch_size", defaults.PatchSize),
            InChannels = Int(config, "in_channels", defaults.InChannels),
            HiddenSize = Int(config, "hidden_size", defaults.HiddenSize),
            Depth = Int(config, "depth", defaults.Depth),
            NumHeads = Int(config, "num_heads", defaults.NumHeads),
            MlpRatio = Number(config, "mlp_ratio", defaults.MlpRatio),
            NumFrames = Int(config, "num_frames", defaults.NumFrames),
            ClassDropoutProb = Number(config, "class_dropout_prob", defaults.ClassDropoutProb),
            NumClasses = Int(config, "num_classes", defaults.NumClasses),
            LearnSigma = Flag(config, "learn_sigma", defaults.LearnSigma),
            Conditioning = (LatteConditioning)Int(config, "extras", (int)defaults.Conditioning),
            TextWidth = textWidth ?? defaults.TextWidth,
        };
    }

    /// <summary>Arguments of LatteT2V; throws for those of the diffusers transformer that its checkpoints do not use.</summary>
    public static LatteT2VOptions LatteT2V(JsonElement config, int captionTokens)
    {
        if (Text(config, "norm_type", "ada_norm_single") != "ada_norm_single" || Flag(config, "norm_elementwise_affine", false))
            throw new FixtureException("only norm_type ada_norm_single without affine norms is known here");
        var defaults = new LatteT2VOptions();
        var channels = Int(config, "in_channels", defaults.InChannels);
        return new LatteT2VOptions
        {
            NumAttentionHeads = Int(config, "num_attention_heads", defaults.NumAttentionHeads),
            AttentionHeadDim = Int(config, "attention_head_dim", defaults.AttentionHeadDim),
            InChannels = channels,
            OutChannels = Int(config, "out_channels", channels),
            NumLayers = Int(config, "num_layers", 1),
            AttentionBias = Flag(config, "attention_bias", false),
            SampleSize = Int(config, "sample_size", defaults.SampleSize),
            PatchSize = Int(config, "patch_size", defaults.PatchSize),
            Activation = Text(config, "activation_fn", "gelu-approximate") switch
            {
                "gelu" => GeluForm.Exact,
                "gelu-approximate" => GeluForm.Tanh,
                var other => throw new FixtureException($"activation {other} is not known here"),
            },
            NormEpsilon = Number(config, "norm_eps", 1e-5),
            CaptionChannels = Int(config, "caption_channels", defaults.CaptionChannels),
            CaptionTokens = captionTokens,
            VideoLength = Int(config, "video_length", defaults.VideoLength),
        };
    }

    /// <summary>Arguments of OpenDiT's video networks: its video DiT says <c>use_video</c>, its Latte does not.</summary>
    public static OpenDiTOptions OpenDiT(JsonElement config, int textWidth)
    {
        var defaults = new OpenDiTOptions();
        return new OpenDiTOptions
        {
            InputSize = Size(config, "input_size"),
            PatchSize = Size(config, "patch_size"),
            InChannels = Int(config, "in_channels", defaults.InChannels),
            HiddenSize = Int(config, "hidden_size", defaults.HiddenSize),
            Depth = Int(config, "depth", defaults.Depth),
            NumHeads = Int(config, "num_heads", defaults.NumHeads),
            MlpRatio = Number(config, "mlp_ratio", defaults.MlpRatio),
            LearnSigma = Flag(config, "learn_sigma", defaults.LearnSigma),
            TextWidth = textWidth,
            Attention = Flag(config, "use_video", false) ? OpenDiTAttention.Full : OpenDiTAttention.Interleaved,
        };
    }

    /// <summary>A text, or the default.</summary>
    public static string Text(JsonElement config, string name, string otherwise) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : otherwise;

    /// <summary>A whole number, or the default where the argument is absent or null.</summary>
    public static int Int(JsonElement config, string name, int otherwise) => (int)Number(config, name, otherwise);

    /// <summary>A number, or the default.</summary>
    public static double Number(JsonElement config, string name, double otherwise) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;

    /// <summary>True or false, or the default.</summary>
    public static bool Flag(JsonElement config, string name, bool otherwise) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : otherwise;

    /// <summary>Three whole numbers: frames, rows, columns.</summary>
    public static PatchSize Size(JsonElement config, string name)
    {
        var sizes = config.GetProperty(name).EnumerateArray().Select(value => value.GetInt32()).ToList();
        return new PatchSize(sizes[0], sizes[1], sizes[2]);
    }
}
