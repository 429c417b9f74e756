namespace MiniSora.Model.Layers;

/// <summary>
/// e^x in float32 with the roundings of the vectorised kernel that published checkpoints were trained with (SLEEF's expf of at most one unit in
/// the last place): range reduction by ln 2 in two parts, a polynomial of degree seven, fused products. Differs from
/// <see cref="MathF.Exp"/> in the last bit of about one value in ten, which multiplied by a time of 1000 is visible in a sample.
/// </summary>
internal static class VectorExp
{
    private static readonly float[] Polynomial = [1.98527617612853646278381e-4f, 1.39304355252534151077271e-3f, 8.33336077630519866943359e-3f, 4.16664853692054748535156e-2f, 0.166666671633720397949219f, 0.5f];

    /// <summary>e^x for |x| below 80.</summary>
    public static float Of(float x)
    {
        var power = MathF.Round(x * 1.44269504088896340736f, MidpointRounding.ToEven);
        var rest = MathF.FusedMultiplyAdd(power, -0.693145751953125f, x);
        rest = MathF.FusedMultiplyAdd(power, -1.428606765330187045e-6f, rest);
        var sum = Polynomial[0];
        foreach (var coefficient in Polynomial.AsSpan(1))
            sum = MathF.FusedMultiplyAdd(sum, rest, coefficient);
        return MathF.ScaleB(1 + MathF.FusedMultiplyAdd(rest * rest, sum, rest), (int)power);
    }
}
