using System.Text.Json;
using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Cascade;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Text.T5;
using TorchSharp;

namespace MiniSora.Model.Weights.Import;

/// <summary>
/// Brings a published frozen network into a folder that runs can use: <c>config.json</c> and safetensors under the names we read. A configuration is taken from
/// the given file, else from beside the weights, else from the tensors' shapes as far as these tell it.
/// </summary>
public static class FolderImport
{
    /// <summary>Numbers by which the published autoencoders' latents are multiplied, where only the shapes are known: those of 4 channels.</summary>
    private const double UsualScaling = 0.18215;

    /// <summary>
    /// Reads <paramref name="path"/> and writes <paramref name="folder"/>, which must not exist or be empty. Throws <see cref="WeightFileException"/>,
    /// <see cref="PretrainedException"/> or <see cref="ImportException"/>.
    /// </summary>
    public static ImportReport Run(WeightsUse use, string path, string? root, string? config, string folder)
    {
        TorchRuntime.EnsureLoaded();
        var beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "config.json");
        var json = config is not null ? File.ReadAllText(config) : File.Exists(beside) && use != WeightsUse.StageA ? File.ReadAllText(beside) : null;
        using var file = WeightFile.Open(path, root);
        return use switch
        {
            WeightsUse.Kl => Kl(file, json, folder),
            WeightsUse.StageA => StageA(file, folder),
            _ => T5(file, json, Path.Combine(Path.GetDirectoryName(beside)!, "spiece.model"), folder),
        };
    }

    private static ImportReport Kl(WeightFile file, string? json, string folder)
    {
        var original = LatentDiffusionKeys.Matches(file.Entries.Keys);
        var names = original ? LatentDiffusionKeys.ToDiffusers([.. file.Entries.Keys]) : file.Entries.Keys.ToDictionary(KlKeys.Current);
        var shapes = names.ToDictionary(item => item.Key, item => MatrixShape(item.Key, file.Entries[item.Value].Shape));
        json ??= KlShape.Config(shapes, UsualScaling);
        using var parsed = Parse(json);
        var layout = Built(() => new KlNetwork(KlOptions.FromConfig(parsed.RootElement)).Layout);
        ShapeCheck.Require("KL autoencoder", layout, shapes);
        var styles = original ? "latent-diffusion layout" : KlKeys.NamesOf(file.Entries.Keys) == AttentionNames.Older ? "diffusers layout, older names" : "diffusers layout";
        Write(folder, json, "diffusion_pytorch_model.safetensors", layout, spec => KlKeys.Matrix(spec.Name, file.Read(names[spec.Name])));
        return Report(file, styles, layout, name => names[name]);
    }

    private static ImportReport StageA(WeightFile file, string folder)
    {
        var options = StageAShape.Of(file.Entries.ToDictionary(item => item.Key, item => item.Value.Shape));
        var layout = new StageA(options).Layout;
        ShapeCheck.Require("Stage A", layout, file.Entries.ToDictionary(item => item.Key, item => item.Value.Shape));
        Write(folder, StageACodec.Config(options), "model.safetensors", layout, spec => file.Read(spec.Name));
        return Report(file, "published layout", layout, name => name);
    }

    private static ImportReport T5(WeightFile file, string? json, string spiece, string folder)
    {
        if (json is null)
            throw new ImportException("import_config", "A T5 encoder needs its config.json, beside the weights or with --config.", ("detail", "config.json"));
        if (!File.Exists(spiece))
            throw new ImportException("import_config", $"The tokenizer {spiece} is missing.", ("detail", "spiece.model"));
        using var parsed = Parse(json);
        var layout = Built(() => new T5Encoder(T5Options.FromConfig(parsed.RootElement)).Layout);
        var own = T5Encoder.Own(file.Entries.Keys);
        ShapeCheck.Require("T5 encoder", layout, own.Where(item => file.Entries.ContainsKey(item.Value)).ToDictionary(item => item.Key, item => file.Entries[item.Value].Shape));
        // A tokenizer that cannot be read is found now, not in the first run.
        _ = T5Tokenizer.Open(spiece);
        Write(folder, json, "model.safetensors", layout, spec => file.Read(own[spec.Name]));
        File.Copy(spiece, Path.Combine(folder, "spiece.model"));
        return Report(file, "transformers layout", layout, name => own[name]) with
        {
            Skipped = [.. file.Skipped, .. file.Entries.Keys.Where(key => !own.Values.Contains(key)).Select(key => new SkippedValue(key, "not part of the encoder"))],
        };
    }

    private static IReadOnlyList<long> MatrixShape(string name, IReadOnlyList<long> stored) =>
        name.Contains(".attentions.", StringComparison.Ordinal) && stored is [var rows, var columns, 1, 1] ? [rows, columns] : stored;

    private static JsonDocument Parse(string json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException wrong)
        {
            throw new ImportException("import_config", $"The configuration is no JSON: {wrong.Message}", ("detail", wrong.Message));
        }
    }

    private static ParameterLayout Built(Func<ParameterLayout> build)
    {
        try
        {
            return build();
        }
        catch (Exception wrong) when (wrong is NotSupportedException or ArgumentException or InvalidOperationException or FormatException)
        {
            throw new ImportException("import_config", $"The configuration cannot be used: {wrong.Message}", ("detail", wrong.Message));
        }
    }

    private static void Write(string folder, string json, string weights, ParameterLayout layout, Func<ParameterSpec, torch.Tensor> read)
    {
        Directory.CreateDirectory(folder);
        using var _ = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        SafeTensors.Write(Path.Combine(folder, weights), layout.Specs.Select(spec => (spec.Name, read(spec).contiguous())));
        // Last: a folder without it is not listed.
        File.WriteAllText(Path.Combine(folder, "config.json"), json);
    }

    private static ImportReport Report(WeightFile file, string layoutName, ParameterLayout layout, Func<string, string> from) => new()
    {
        Source = ImportReport.SourceOf(file),
        Layout = layoutName,
        Mapped = [.. layout.Specs.Select(spec => (spec.Name, from(spec.Name)))],
        Numbers = layout.Specs.Sum(spec => spec.Count),
        Skipped = file.Skipped,
    };
}
