using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders.Kl;

/// <summary>What all blocks of one autoencoder share.</summary>
/// <param name="Groups">Of the group norms.</param>
/// <param name="Activation">Of the residual blocks.</param>
/// <param name="Names">Of the attention projections.</param>
internal sealed record KlStyle(long Groups, KlActivation Activation = KlActivation.Silu, AttentionNames Names = AttentionNames.Current)
{
    /// <summary>ε of every norm that is not temporal.</summary>
    public const double Epsilon = 1e-6;

    /// <summary>The nonlinearity, element by element.</summary>
    public Tensor Activate(Tensor x) => Activation switch
    {
        KlActivation.Silu => nn.functional.silu(x),
        KlActivation.Mish => nn.functional.mish(x),
        KlActivation.Gelu => nn.functional.gelu(x),
        KlActivation.Relu => nn.functional.relu(x),
        _ => throw new InvalidOperationException($"Unknown activation {Activation}."),
    };
}
