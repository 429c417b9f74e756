using System.Text;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Tests.Text.T5;
using MiniSora.Model.Text.T5;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Fuzz;

/// <summary>Every reader of files from strangers.</summary>
internal static class Targets
{
    /// <summary>All of them; the corpus is made in <paramref name="folder"/>.</summary>
    public static IReadOnlyList<Target> All(string folder) =>
    [
        Weights("safetensors", SafeTensorsCorpus(folder)),
        Weights("torch", Torch("training.pt", "views.pt", "protocol4.pt", "module.pt")),
        Weights("torch_legacy", Torch("training-legacy.pt", "views-legacy.pt")),
        Weights("shard_index", [.. new[] { "{\"metadata\":{\"total_size\":48},\"weight_map\":{\"a\":\"x-00001.safetensors\",\"b\":\"x-00002.safetensors\"}}", "{\"weight_map\":{}}" }.Select(Encoding.UTF8.GetBytes)]),
        new("sentencepiece", [TinySentencePiece.Bytes()], SentencePiece),
        new("weights_config", [.. Configs.Select(Encoding.UTF8.GetBytes)], (_, path) => WeightsShelf.Describe(Path.GetDirectoryName(path)!)?.Use.ToString() ?? "refused") { WantsFile = true },
        new("yaml", [.. Recipes.All.Select(recipe => Encoding.UTF8.GetBytes(recipe.Yaml)), Encoding.UTF8.GetBytes(LatteFile)], Yaml),
    ];

    private static string[] Configs =>
    [
        """{"_class_name":"AutoencoderKL","block_out_channels":[128,256],"down_block_types":["DownEncoderBlock2D","DownEncoderBlock2D"],"up_block_types":["UpDecoderBlock2D","UpDecoderBlock2D"],"latent_channels":4}""",
        """{"d_model":12,"vocab_size":16,"d_kv":4,"feed_forward_proj":"gated-gelu"}""",
        """{"_class_name":"MiniSoraStageA","levels":2,"bottleneck_blocks":1,"hidden":8,"latent":4,"codebook_size":8,"scale_factor":0.43}""",
    ];

    private static string LatteFile => "dataset: \"ucf101\"\nmodel: Latte-XL/2\nnum_frames: 16\nimage_size: 256\nlearning_rate: 1e-4\nmixed_precision: False\nextras: 2\nlocal_batch_size: 5\n";

    private static Target Weights(string name, IReadOnlyList<byte[]> corpus) => new(name, corpus, OpenWeights) { WantsFile = true };

    private static string OpenWeights(byte[] bytes, string path)
    {
        try
        {
            using var file = WeightFile.Open(path, bytes.Length % 2 == 0 ? null : "");
            foreach (var name in file.Entries.Keys)
            {
                using var tensor = file.Read(name);
                if (!tensor.shape.SequenceEqual(file.Entries[name].Shape))
                    throw new InvalidOperationException($"{name} has another shape than was said");
            }

            return "read";
        }
        catch (WeightFileException refused)
        {
            return refused.Code;
        }
    }

    private static string SentencePiece(byte[] bytes, string path)
    {
        try
        {
            var ids = new T5Tokenizer(bytes).Encode("a red balls 球", 12).Ids.Length;
            return ids == 12 ? "read" : throw new InvalidOperationException($"{ids} ids");
        }
        catch (PretrainedException)
        {
            return "refused";
        }
    }

    private static string Yaml(byte[] bytes, string path)
    {
        var reading = SpecYaml.Read(Encoding.UTF8.GetString(bytes));
        if (reading.Spec is not { } spec)
            return reading.Problems.Count > 0 ? reading.Problems[0].Code : throw new InvalidOperationException("neither a spec nor a reason");
        // What was read is written again and means the same.
        if (SpecYaml.Read(SpecYaml.Write(spec)).Spec is null)
            throw new InvalidOperationException("what was written cannot be read");
        return SpecValidator.Validate(spec, SpecContext.Nothing) is [var first, ..] ? first.Code : "read";
    }

    private static List<byte[]> SafeTensorsCorpus(string folder)
    {
        string a = Path.Combine(folder, "a"), b = Path.Combine(folder, "b");
        SafeTensors.Write(a, [("a.weight", torch.ones(3, 4)), ("a.bias", torch.zeros(3, dtype: torch.ScalarType.BFloat16)), ("step", torch.tensor(7L))], new Dictionary<string, string> { ["format"] = "pt" });
        SafeTensors.Write(b, [("x", torch.empty(new long[] { 0, 4 })), ("y", torch.ones(1, dtype: torch.ScalarType.Bool)), ("ü\"\\", torch.ones(2, 2))]);
        return [File.ReadAllBytes(a), File.ReadAllBytes(b)];
    }

    private static List<byte[]> Torch(params string[] names) => [.. names.Select(name => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "torch", name)))];
}
