using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>The two ways in which files call the projections of an attention block.</summary>
internal static class KlKeys
{
    private static readonly (string Current, string Older)[] Pairs =
        [(".to_q.", ".query."), (".to_k.", ".key."), (".to_v.", ".value."), (".to_out.0.", ".proj_attn.")];

    /// <summary>Which way a state dict uses.</summary>
    public static AttentionNames NamesOf(IEnumerable<string> keys) =>
        keys.Any(key => Pairs.Any(pair => Attends(key) && key.Contains(pair.Older, StringComparison.Ordinal))) ? AttentionNames.Older : AttentionNames.Current;

    /// <summary>A key as the current way has it.</summary>
    public static string Current(string key)
    {
        if (!Attends(key))
            return key;
        foreach (var (current, older) in Pairs)
            key = key.Replace(older, current, StringComparison.Ordinal);
        return key;
    }

    /// <summary>
    /// A projection's matrix [C, C]: files that come from the original latent-diffusion code hold it as a 1×1 convolution [C, C, 1, 1].
    /// Other tensors as they are. The result belongs to the current dispose scope or is the argument.
    /// </summary>
    public static Tensor Matrix(string key, Tensor stored) =>
        Attends(key) && stored.dim() == 4 ? stored.flatten(1) : stored;

    private static bool Attends(string key) => key.Contains(".attentions.", StringComparison.Ordinal);
}
