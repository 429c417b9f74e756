using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Cascade;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>Finds the codec in a checkpoint by the keys that are there.</summary>
public static class VideoCodec
{
    private static readonly string[] LinearKeys = ["mean", "components", "scale"];

    /// <summary>
    /// The codec stored in <paramref name="file"/> under <paramref name="prefix"/>, on <paramref name="placement"/>'s device.
    /// Throws <see cref="SafeTensorsException"/> when there is none, or when a tensor of it is missing or has another shape.
    /// </summary>
    public static IVideoCodec FromCheckpoint(SafeTensorsFile file, string prefix, Placement placement)
    {
        if (file.Entries.ContainsKey(prefix + KlCodec.ConfigKey))
            return Read(file, prefix, state => KlCodec.FromStateDict(state, placement));
        if (file.Entries.ContainsKey(prefix + StageACodec.ConfigKey))
            return Read(file, prefix, state => StageACodec.FromStateDict(state, placement));
        if (file.Entries.ContainsKey(prefix + PixelCodec.Key))
            return new PixelCodec();
        var vae = file.Entries.ContainsKey(prefix + "latent_mean");
        foreach (var key in vae ? CausalVae.Keys() : LinearKeys) file.Require(prefix + key);
        return Read(file, prefix, state => vae ? CausalVae.FromStateDict(state, placement) : LinearCodec.FromStateDict(state, placement));
    }

    private static IVideoCodec Read(SafeTensorsFile file, string prefix, Func<IReadOnlyDictionary<string, Tensor>, IVideoCodec> build)
    {
        TorchRuntime.EnsureLoaded();
        var state = file.ReadAll(prefix);
        try
        {
            return build(state);
        }
        catch (ArgumentException shape)
        {
            throw file.Refused(SafeTensorsError.Shape, shape.Message);
        }
        finally
        {
            foreach (var tensor in state.Values) tensor.Dispose();
        }
    }
}
