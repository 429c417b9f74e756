using System.Globalization;
using System.Security.Cryptography;
using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// Features by the small video encoder of a file. Clips of another size are brought to 16 frames of 32 × 32 pixels: frames evenly picked,
/// pixels averaged over areas.
/// </summary>
public sealed class EncoderFeatures : IClipFeatures
{
    /// <summary>File name, in <c>features/</c> of the data folder or beside the program.</summary>
    public const string FileName = "eval-encoder.safetensors";

    private const string Format = "minisora.encoder";
    private const int BatchSize = 16;

    private readonly VideoEncoder encoder;
    private readonly Tensor flat;
    private readonly ParameterViews weights;

    private EncoderFeatures(VideoEncoder encoder, Tensor flat, string sha256)
    {
        using var _ = no_grad();
        (this.encoder, this.flat, Sha256) = (encoder, flat, sha256);
        weights = ParameterViews.Keep(encoder.Layout, flat, ScalarType.Float32);
    }

    /// <inheritdoc/>
    public string Sha256 { get; }

    /// <inheritdoc/>
    public string Protocol => "encoder/1";

    /// <summary>Loads a file that a run of kind <c>encoder</c> wrote. Throws <see cref="FeatureNetworkException"/>.</summary>
    public static EncoderFeatures Load(string path)
    {
        TorchRuntime.EnsureLoaded();
        try
        {
            using var file = SafeTensors.Open(path);
            if (file.Metadata.GetValueOrDefault("format") != Format || Size(file.Metadata) is not { } size)
                throw new FeatureNetworkException($"{Path.GetFileName(path)} is no video encoder of MiniSora");
            var encoder = new VideoEncoder(size);
            using var scope = NewDisposeScope();
            var state = encoder.Layout.Specs.ToDictionary(spec => spec.Name, spec => file.Read(spec.Name));
            var flat = encoder.Layout.Pack(state).DetachFromDisposeScope();
            using var bytes = File.OpenRead(path);
            return new EncoderFeatures(encoder, flat, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception error) when (error is SafeTensorsException or StateDictException or KeyNotFoundException or ArgumentException)
        {
            throw new FeatureNetworkException($"{Path.GetFileName(path)} is no video encoder of MiniSora: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public Tensor OfClips(IReadOnlyList<byte[]> clips, int T, int H, int W)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        foreach (var some in clips.Chunk(BatchSize))
        {
            using var inner = NewDisposeScope();
            parts.Add(encoder.Features(weights, Fit(ClipPixels.ToTensor(some, T, H, W), T, H, W)).MoveToOuterDisposeScope());
        }

        return cat(parts, 0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        weights.Dispose();
        flat.Dispose();
    }

    internal static IReadOnlyDictionary<string, string> Metadata(EncoderSize size) => new Dictionary<string, string>
    {
        ["format"] = Format,
        ["width"] = size.Width.ToString(CultureInfo.InvariantCulture),
        ["depth"] = size.Depth.ToString(CultureInfo.InvariantCulture),
        ["heads"] = size.Heads.ToString(CultureInfo.InvariantCulture),
    };

    private static EncoderSize? Size(IReadOnlyDictionary<string, string> metadata)
    {
        int Number(string key) => int.TryParse(metadata.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
        var size = new EncoderSize(Number("width"), Number("depth"), Number("heads"));
        return size is { Width: > 0 and <= 4096, Depth: > 0 and <= 64, Heads: > 0 } ? size : null;
    }

    /// <summary>[B, T, 3, H, W] to [B, 16, 3, 32, 32].</summary>
    private static Tensor Fit(Tensor clips, int T, int H, int W)
    {
        if (T != VideoEncoder.Frames)
        {
            using var picks = tensor(Enumerable.Range(0, VideoEncoder.Frames).Select(k => (long)Math.Round(k * (T - 1.0) / (VideoEncoder.Frames - 1))).ToArray(), dtype: ScalarType.Int64);
            clips = clips.index_select(1, picks);
        }

        if (H == VideoEncoder.Side && W == VideoEncoder.Side)
            return clips;
        var flat = clips.reshape(clips.shape[0] * VideoEncoder.Frames, 3, H, W);
        return nn.functional.adaptive_avg_pool2d(flat, [VideoEncoder.Side, VideoEncoder.Side]).view(clips.shape[0], VideoEncoder.Frames, 3, VideoEncoder.Side, VideoEncoder.Side);
    }
}
