using System.Security.Cryptography;
using System.Text;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text.T5;

/// <summary>
/// A published T5 encoder with its tokenizer, frozen: texts to features. Read from a folder of Hugging Face: <c>config.json</c>,
/// <c>model.safetensors</c> or shards with an index, <c>spiece.model</c>.
/// </summary>
public sealed class T5TextModel : ITextFeatures, IDisposable
{
    private readonly T5Encoder encoder;
    private readonly ParameterViews weights;
    private readonly T5Tokenizer tokenizer;
    private readonly Device device;

    private T5TextModel(T5Encoder encoder, ParameterViews weights, T5Tokenizer tokenizer, Device device, long width, string hash)
    {
        this.encoder = encoder;
        this.weights = weights;
        this.tokenizer = tokenizer;
        this.device = device;
        Width = width;
        Hash = hash;
    }

    /// <inheritdoc/>
    public long Width { get; }

    /// <inheritdoc/>
    public string Hash { get; }

    /// <summary>Reads a folder; weights in <paramref name="placement"/>'s arithmetic, one tensor at a time. Throws <see cref="PretrainedException"/> that says what is wrong.</summary>
    public static T5TextModel Open(string folder, Placement placement)
    {
        TorchRuntime.EnsureLoaded();
        var spiece = Path.Combine(folder, "spiece.model");
        var tokenizer = T5Tokenizer.Open(spiece);
        using var files = new PretrainedFolder(folder, "model");
        var options = T5Options.FromConfig(files.Config);
        var encoder = new T5Encoder(options);
        var own = T5Encoder.Own(files.Names);
        var missing = encoder.Layout.Specs.Select(spec => spec.Name).Where(name => !own.ContainsKey(name)).ToList();
        if (missing.Count > 0)
            throw new PretrainedException($"{folder} lacks {string.Join(", ", missing)}");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{options} {placement.Compute}"));
        hash.AppendData(File.ReadAllBytes(spiece));
        var weights = ParameterViews.Load(encoder.Layout, spec =>
        {
            var stored = PretrainedException.Fitting(spec, files.Read(own[spec.Name]));
            hash.AppendData(Encoding.UTF8.GetBytes(spec.Name));
            AppendNumbers(hash, stored);
            return stored;
        }, placement.Device, placement.Compute);
        return new T5TextModel(encoder, weights, tokenizer, placement.Device, options.Width, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <inheritdoc/>
    public TextFeatures Encode(IReadOnlyList<string> texts, int length)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var encoded = texts.Select(text => tokenizer.Encode(text, length)).ToList();
        var ids = tensor(encoded.SelectMany(item => item.Ids).ToArray(), [texts.Count, length], device: device);
        var mask = tensor(encoded.SelectMany(item => Enumerable.Range(0, length).Select(i => i < item.Used ? 1f : 0f)).ToArray(), [texts.Count, length], device: device);
        return new TextFeatures(encoder.Forward(weights, ids, mask).MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose() => weights.Dispose();

    /// <summary>In parts: mT5's largest embedding has more bytes than a span may have.</summary>
    private static void AppendNumbers(IncrementalHash hash, Tensor stored)
    {
        const long Part = 1 << 26;
        var flat = stored.flatten();
        for (long at = 0; at < flat.shape[0]; at += Part)
        {
            using var part = flat.narrow(0, at, Math.Min(Part, flat.shape[0] - at));
            hash.AppendData(part.bytes);
        }
    }
}
