using static TorchSharp.torch;

namespace MiniSora.Model.Solvers.Edm;

/// <summary>A raw network F at a scaled input [B, C, …] and a noise label [B].</summary>
internal delegate Tensor RawNetwork(Tensor x, Tensor label);

/// <summary>
/// Turns a raw network into a denoiser D(x; σ) = c_skip x + c_out F(c_in x; c_noise) (Karras et al. 2022, equation 7, table 1).
/// </summary>
internal interface IPreconditioning
{
    /// <summary>Smallest supported noise level.</summary>
    double SigmaMin { get; }

    /// <summary>Largest supported noise level.</summary>
    double SigmaMax { get; }

    /// <summary>The level that the network supports nearest to <paramref name="sigma"/>.</summary>
    double Round(double sigma);

    /// <summary>Denoised x [B, C, …] for levels sigma [B] or [1], float32; belongs to the current dispose scope.</summary>
    Tensor Denoise(RawNetwork network, Tensor x, Tensor sigma);
}
