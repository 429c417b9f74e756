using System.Text.Json;
using MiniSora.Model.Native;
using MiniSora.Model.Text.T5;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Text.T5;

/// <summary>A folder as Hugging Face writes it, with a tiny encoder of random weights.</summary>
internal static class TinyT5
{
    private const string Config = """{"vocab_size": 16, "d_model": 12, "d_kv": 4, "d_ff": 20, "num_layers": 2, "num_heads": 2, "feed_forward_proj": "gated-gelu"}""";

    internal static T5TextModel Write(TemporaryFolder folder, ulong seed = 3, bool sharded = false, string embedding = "shared.weight")
    {
        File.WriteAllText(folder["config.json"], Config);
        File.WriteAllBytes(folder["spiece.model"], TinySentencePiece.Bytes());
        using var json = JsonDocument.Parse(Config);
        var layout = new T5Encoder(T5Options.FromConfig(json.RootElement)).Layout;
        var state = layout.Named(layout.Initialise(seed)).Select(item => (Name: item.Name == "shared.weight" ? embedding : item.Name, item.View)).ToList();
        state.Add(("decoder.final_layer_norm.weight", torch.ones(12)));
        if (!sharded)
        {
            SafeTensors.Write(folder["model.safetensors"], state);
            return T5TextModel.Open(folder.Path, Placement.Cpu);
        }

        SafeTensors.Write(folder["model-00001-of-00002.safetensors"], state.Take(5));
        SafeTensors.Write(folder["model-00002-of-00002.safetensors"], state.Skip(5));
        var map = state.Select((item, i) => (item.Name, Shard: $"model-0000{(i < 5 ? 1 : 2)}-of-00002.safetensors")).ToDictionary(item => item.Name, item => item.Shard);
        File.WriteAllText(folder["model.safetensors.index.json"], JsonSerializer.Serialize(new { weight_map = map }));
        return T5TextModel.Open(folder.Path, Placement.Cpu);
    }
}
