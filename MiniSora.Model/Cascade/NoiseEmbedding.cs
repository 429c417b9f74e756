using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// Noise level r in [0, 1] (or another number of the image) to c features: sines, then cosines, of 10000·r·10000^(−k/(h − 1)), k = 0…h − 1, h = ⌊c/2⌋;
/// a zero more when c is odd.
/// </summary>
internal static class NoiseEmbedding
{
    private const double Positions = 10000;

    /// <summary>[B] float32 to [B, c] float32: in bf16 phases of thousands of radians would be meaningless.</summary>
    public static Tensor Of(Tensor r, int features)
    {
        var half = features / 2;
        var scaled = r.to_type(ScalarType.Float32).mul(HeldScalar.Of(Positions));
        var frequencies = tensor([.. Enumerable.Range(0, half).Select(k => (float)k)], device: r.device).mul(HeldScalar.Of(-(Math.Log(Positions) / (half - 1)))).exp();
        var phases = scaled.unsqueeze(1) * frequencies.unsqueeze(0);
        var waves = cat([phases.sin(), phases.cos()], 1);
        return features % 2 == 1 ? nn.functional.pad(waves, [0, 1]) : waves;
    }

    /// <summary>r and the further numbers, those not given as zeros, on the feature axis: [B, (1 + names)·c] in the compute type.</summary>
    public static Tensor All(ParameterViews w, Tensor r, UnetOptions options, IReadOnlyDictionary<string, Tensor>? given)
    {
        var parts = options.TimeConditions.Select(name => given is not null && given.TryGetValue(name, out var value) ? value : zeros_like(r)).Prepend(r);
        return cat([.. parts.Select(value => Of(value, options.TimeFeatures))], 1).to_type(w.Compute);
    }
}
