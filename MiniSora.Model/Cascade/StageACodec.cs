using System.Text;
using System.Text.Json;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// Stage A as a codec of its own: every frame is one latent frame, four times smaller at the published size. The published network works on colours in [0, 1].
/// Always fp32, not quantised: diffusion works on the plain latents.
/// </summary>
public sealed class StageACodec : IVideoCodec
{
    /// <summary>Key under which a checkpoint keeps the <c>config.json</c>, as bytes.</summary>
    internal const string ConfigKey = "stage_a_config";

    private const int FramesAtOnce = 8;
    private readonly StageA network;
    private readonly StageAOptions options;
    private readonly ParameterViews weights;
    private readonly Tensor config;
    private readonly Device device;

    private StageACodec(StageA network, StageAOptions options, ParameterViews weights, Tensor config, Device device) =>
        (this.network, this.options, this.weights, this.config, this.device) = (network, options, weights, config, device);

    /// <inheritdoc/>
    public int FramesPerLatent => 1;

    /// <inheritdoc/>
    public int Downsample => 1 << options.Levels;

    /// <inheritdoc/>
    public int LatentChannels => options.Latent;

    /// <summary>From a folder that <c>minisora import --as stage-a</c> wrote. Throws <see cref="PretrainedException"/>.</summary>
    public static StageACodec Open(string folder, Placement placement)
    {
        TorchRuntime.EnsureLoaded();
        using var files = new PretrainedFolder(folder, "model");
        return Build(files.Config.GetRawText(), files.Names, files.Read, placement);
    }

    /// <summary>From <see cref="StateDict"/>'s content, which is copied. Throws <see cref="ArgumentException"/> when it does not fit.</summary>
    public static StageACodec FromStateDict(IReadOnlyDictionary<string, Tensor> state, Placement placement)
    {
        TorchRuntime.EnsureLoaded();
        var json = Encoding.UTF8.GetString(state[ConfigKey].data<byte>().ToArray());
        try
        {
            return Build(json, state.Keys.Where(key => key != ConfigKey), key => state[key].alias(), placement);
        }
        catch (Exception wrong) when (wrong is PretrainedException or JsonException)
        {
            throw new ArgumentException(wrong.Message, nameof(state));
        }
    }

    /// <summary>The <c>config.json</c> of a stage A.</summary>
    internal static string Config(StageAOptions options) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["_class_name"] = WeightsShelf.StageAClass,
        ["levels"] = options.Levels,
        ["bottleneck_blocks"] = options.BottleneckBlocks,
        ["hidden"] = options.Hidden,
        ["latent"] = options.Latent,
        ["codebook_size"] = options.CodebookSize,
        ["scale_factor"] = options.ScaleFactor,
    });

    /// <inheritdoc/>
    public Tensor Encode(Tensor clips)
    {
        if (clips.dim() != 5 || clips.shape[2] != 3 || clips.shape[3] % Downsample != 0 || clips.shape[4] % Downsample != 0)
            throw new ArgumentException($"Clips must be [B, T, 3, H, W] with sides of multiples of {Downsample}, were [{string.Join(", ", clips.shape)}].", nameof(clips));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var frames = clips.to(ScalarType.Float32, device).flatten(0, 1).add(HeldScalar.One, HeldScalar.One).mul(HeldScalar.Of(0.5));
        var latents = FramePieces.Run(frames, FramesAtOnce, piece => network.Encode(weights, piece));
        return latents.view([clips.shape[0], clips.shape[1], .. latents.shape[1..]]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Decode(Tensor latents) => Decode(latents, DecodingPlan.Whole);

    /// <summary>As <see cref="Decode(Tensor)"/>, a part at a time: frames apart are exact, tiles differ only where they meet, since no layer looks at the whole picture.</summary>
    public Tensor Decode(Tensor latents, DecodingPlan plan)
    {
        if (latents.dim() != 5 || latents.shape[2] != LatentChannels)
            throw new ArgumentException($"Latents must be [B, F, {LatentChannels}, h, w], were [{string.Join(", ", latents.shape)}].", nameof(latents));
        plan.Check();
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var pixels = TileBlend.Run(latents.to(ScalarType.Float32, device), Downsample, plan.Tile, plan.Overlap, tile =>
        {
            var frames = FramePieces.Run(tile.flatten(0, 1), plan.Frames, piece => network.Decode(weights, piece));
            return frames.view([tile.shape[0], tile.shape[1], .. frames.shape[1..]]);
        });
        return pixels.mul(HeldScalar.Of(2)).add(HeldScalar.Of(-1), HeldScalar.One).MoveToOuterDisposeScope();
    }

    /// <summary>The codec's own tensors, alive as long as the codec: the network's parameters and its configuration.</summary>
    public IReadOnlyDictionary<string, Tensor> StateDict()
    {
        var state = network.Layout.Specs.Select((spec, i) => (spec.Name, Value: weights[i])).ToDictionary(item => item.Name, item => item.Value);
        state[ConfigKey] = config;
        return state;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        weights.Dispose();
        config.Dispose();
    }

    private static StageACodec Build(string json, IEnumerable<string> keys, Func<string, Tensor> read, Placement placement)
    {
        using var parsed = JsonDocument.Parse(json);
        var options = OptionsOf(parsed.RootElement);
        var network = new StageA(options);
        var missing = network.Layout.Specs.Select(spec => spec.Name).Except(keys).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            throw new PretrainedException($"stage A lacks {string.Join(", ", missing)}");
        var weights = ParameterViews.Load(network.Layout, spec => PretrainedException.Fitting(spec, read(spec.Name)), placement.Device, ScalarType.Float32);
        return new StageACodec(network, options, weights, tensor(Encoding.UTF8.GetBytes(json)).DetachFromDisposeScope(), placement.Device);
    }

    private static StageAOptions OptionsOf(JsonElement config)
    {
        try
        {
            return new StageAOptions(Whole("levels"), Whole("bottleneck_blocks"), Whole("hidden"), Whole("latent"), Whole("codebook_size"), config.GetProperty("scale_factor").GetDouble());
        }
        catch (Exception wrong) when (wrong is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new PretrainedException($"the configuration of stage A cannot be read: {wrong.Message}");
        }

        int Whole(string name) => config.GetProperty(name).GetInt32();
    }
}
