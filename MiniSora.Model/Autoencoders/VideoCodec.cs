using MiniSora.Model.Native;
using MiniSora.Model.Weights;

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
        var vae = file.Entries.ContainsKey(prefix + "latent_mean");
        TorchRuntime.EnsureLoaded();
        foreach (var key in vae ? CausalVae.Keys() : LinearKeys) file.Require(prefix + key);
        var state = file.ReadAll(prefix);
        try
        {
            return vae ? CausalVae.FromStateDict(state, placement) : LinearCodec.FromStateDict(state, placement);
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
