using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Autoencoders.Kl;

/// <summary>A folder as diffusers writes it, with a tiny autoencoder of random weights.</summary>
internal static class TinyKl
{
    internal const string Image = """
        {"_class_name": "AutoencoderKL", "block_out_channels": [8, 8], "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
         "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "latent_channels": 4, "norm_num_groups": 4, "scaling_factor": 0.5, "shift_factor": 0.25}
        """;

    internal const string Temporal = """
        {"_class_name": "AutoencoderKLTemporalDecoder", "block_out_channels": [32], "down_block_types": ["DownEncoderBlock2D"], "layers_per_block": 2}
        """;

    internal static KlCodec Write(TemporaryFolder folder, string config, AttentionNames names = AttentionNames.Current)
    {
        File.WriteAllText(folder["config.json"], config);
        using var json = System.Text.Json.JsonDocument.Parse(config);
        // Names do not change the order of the layout, so both ways get the same numbers.
        var layout = new KlNetwork(KlOptions.FromConfig(json.RootElement), names).Layout;
        var flat = layout.Initialise(5);
        SafeTensors.Write(folder["diffusion_pytorch_model.safetensors"], layout.Named(flat));
        return KlCodec.Open(folder.Path, Placement.Cpu);
    }

    internal static torch.Tensor Noise(params long[] shape)
    {
        using var generator = new torch.Generator(7);
        return torch.randn(shape, generator: generator);
    }
}
