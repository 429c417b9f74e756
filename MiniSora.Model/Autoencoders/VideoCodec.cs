using MiniSora.Model.Native;
using MiniSora.Model.Weights;

namespace MiniSora.Model.Autoencoders;

/// <summary>Finds the codec in a checkpoint by the keys that are there.</summary>
public static class VideoCodec
{
    /// <summary>
    /// The codec stored in <paramref name="file"/> under <paramref name="prefix"/>, on <paramref name="placement"/>'s device.
    /// Throws <see cref="SafeTensorsException"/> (<see cref="SafeTensorsError.Missing"/>) when there is none.
    /// </summary>
    public static IVideoCodec FromCheckpoint(SafeTensorsFile file, string prefix, Placement placement)
    {
        var state = file.ReadAll(prefix);
        try
        {
            return state.ContainsKey("components") || !state.ContainsKey("latent_mean")
                ? LinearCodec.FromStateDict(Checked(file, state, prefix + "components"), placement)
                : CausalVae.FromStateDict(state, placement);
        }
        finally
        {
            foreach (var tensor in state.Values) tensor.Dispose();
        }
    }

    private static IReadOnlyDictionary<string, TorchSharp.torch.Tensor> Checked(SafeTensorsFile file, IReadOnlyDictionary<string, TorchSharp.torch.Tensor> state, string required)
    {
        if (!file.Entries.ContainsKey(required)) file.Read(required).Dispose();
        return state;
    }
}
