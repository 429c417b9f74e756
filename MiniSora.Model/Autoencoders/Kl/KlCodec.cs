using System.Text;
using System.Text.Json;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>
/// A published image autoencoder (Stable Diffusion's, SD 3's, Stable Video Diffusion's with its temporal decoder) as a video codec: every frame is one latent
/// frame. Always fp32. Latents are (posterior mean − shift) · scaling; training scripts that draw from the posterior instead add noise that is small beside
/// the latents.
/// </summary>
public sealed class KlCodec : IVideoCodec
{
    /// <summary>Key under which a checkpoint keeps the <c>config.json</c>, as bytes.</summary>
    internal const string ConfigKey = "kl_config";

    private const int EncodeAtOnce = 8;
    private readonly KlNetwork network;
    private readonly ParameterViews weights;
    private readonly Tensor config;
    private readonly Device device;

    private KlCodec(KlNetwork network, ParameterViews weights, Tensor config, Device device)
    {
        this.network = network;
        this.weights = weights;
        this.config = config;
        this.device = device;
    }

    /// <inheritdoc/>
    public int FramesPerLatent => 1;

    /// <inheritdoc/>
    public int Downsample => network.Options.Downsample;

    /// <inheritdoc/>
    public int LatentChannels => (int)network.Options.LatentChannels;

    /// <summary>
    /// From a folder with diffusers' <c>config.json</c> and <c>diffusion_pytorch_model.safetensors</c>. Both ways to call the attention projections are
    /// understood. Throws <see cref="PretrainedException"/> that says what is wrong.
    /// </summary>
    public static KlCodec Open(string folder, Placement placement)
    {
        TorchRuntime.EnsureLoaded();
        using var files = new PretrainedFolder(folder, "diffusion_pytorch_model", "model");
        var names = files.Names.ToDictionary(KlKeys.Current, name => name);
        return Build(files.Config.GetRawText(), names.Keys, key => files.Read(names[key]), placement);
    }

    /// <summary>From <see cref="StateDict"/>'s content, which is copied. Throws <see cref="ArgumentException"/> when it does not fit.</summary>
    public static KlCodec FromStateDict(IReadOnlyDictionary<string, Tensor> state, Placement placement)
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

    /// <inheritdoc/>
    public Tensor Encode(Tensor clips)
    {
        if (clips.dim() != 5 || clips.shape[2] != network.Options.InChannels)
            throw new ArgumentException($"Clips must be [B, T, {network.Options.InChannels}, H, W], were [{string.Join(", ", clips.shape)}].", nameof(clips));
        long b = clips.shape[0], t = clips.shape[1], h = clips.shape[3], w = clips.shape[4];
        if (h % Downsample != 0 || w % Downsample != 0)
            throw new ArgumentException($"Sides must be multiples of {Downsample}, were {h} × {w}.", nameof(clips));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var frames = clips.to(ScalarType.Float32, device).reshape(b * t, clips.shape[2], h, w);
        var z = FramePieces.Run(frames, EncodeAtOnce, piece => GaussianPosterior.From(network.Moments(weights, piece)).Mean);
        z = z.add(HeldScalar.Of(-network.Options.Shift), HeldScalar.One).mul(HeldScalar.Of(network.Options.Scaling));
        return z.view(b, t, LatentChannels, h / Downsample, w / Downsample).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Decode(Tensor latents) => Decode(latents, DecodingPlan.Whole);

    /// <summary>
    /// As <see cref="Decode(Tensor)"/>, a part at a time. Frames apart are exact for the image decoder. The temporal decoder sees neighbours and averages over the frames
    /// it is given, so pieces of <see cref="DecodingPlan.Frames"/> differ a little from the whole, as they do in Stable Video Diffusion's own chunks. Tiles differ
    /// a little too: norms and the attention in the middle look at the whole picture.
    /// </summary>
    public Tensor Decode(Tensor latents, DecodingPlan plan)
    {
        if (latents.dim() != 5 || latents.shape[2] != LatentChannels)
            throw new ArgumentException($"Latents must be [B, F, {LatentChannels}, h, w], were [{string.Join(", ", latents.shape)}].", nameof(latents));
        plan.Check();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var z = latents.to(ScalarType.Float32, device).mul(HeldScalar.Of(1 / network.Options.Scaling)).add(HeldScalar.Of(network.Options.Shift), HeldScalar.One);
        return TileBlend.Run(z, Downsample, plan.Tile, plan.Overlap, tile => DecodeFrames(tile, plan.Frames)).MoveToOuterDisposeScope();
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

    /// <summary>[B, F, c, h, w] unscaled to [B, F, 3, H, W]; clips one by one, since a temporal decoder's pieces must not cross a clip's end.</summary>
    private Tensor DecodeFrames(Tensor z, int atOnce)
    {
        using var scope = NewDisposeScope();
        var clips = new List<Tensor>();
        for (long i = 0; i < z.shape[0]; i++)
            clips.Add(FramePieces.Run(z.select(0, i).contiguous(), atOnce, piece => network.Decode(weights, piece, piece.shape[0])));
        return stack(clips).MoveToOuterDisposeScope();
    }

    private static KlCodec Build(string json, IEnumerable<string> keys, Func<string, Tensor> read, Placement placement)
    {
        using var parsed = JsonDocument.Parse(json);
        var network = new KlNetwork(KlOptions.FromConfig(parsed.RootElement));
        var present = keys.ToHashSet();
        var wanted = network.Layout.Specs.Select(spec => spec.Name).ToHashSet();
        if (!present.SetEquals(wanted))
        {
            throw new PretrainedException($"the weights do not fit the configuration; missing: {string.Join(", ", wanted.Except(present).Order(StringComparer.Ordinal))}; "
                + $"unexpected: {string.Join(", ", present.Except(wanted).Order(StringComparer.Ordinal))}");
        }

        var weights = ParameterViews.Load(network.Layout, spec => PretrainedException.Fitting(spec, KlKeys.Matrix(spec.Name, read(spec.Name))), placement.Device, ScalarType.Float32);
        var config = tensor(Encoding.UTF8.GetBytes(json)).DetachFromDisposeScope();
        return new KlCodec(network, weights, config, placement.Device);
    }
}
