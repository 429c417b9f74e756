namespace MiniSora.Model.Layers;

/// <summary>
/// exp in float32 with the rounding of the vector routine (SLEEF, at most one unit in the last place) under the CPU tensors that
/// recorded the originals' results. The frequencies of a time feature are multiplied by up to 1000, which makes the last bit of this function
/// show in a network's fourth decimal; with it they come out bit for bit.
/// </summary>
internal static class SingleExponential
{
    private const float Log2E = 1.442695040888963407f;
    private const float Ln2High = 0.693145751953125f;
    private const float Ln2Low = 1.428606765330187045e-06f;

    // Minimax polynomial of (exp(s) − 1 − s) / s² on ±ln 2 / 2, highest power first.
    private static readonly float[] Coefficients =
        [0.000198527617612853646f, 0.00139304355252534151f, 0.00833336077630519867f, 0.0416664853692054749f, 0.16666667163372039795f, 0.5f];

    /// <summary>exp(x) for x in −80 … 80.</summary>
    public static float Of(float x)
    {
        // x = q · ln 2 + s.
        var q = MathF.Round(x * Log2E, MidpointRounding.ToEven);
        var s = MathF.FusedMultiplyAdd(q, -Ln2Low, MathF.FusedMultiplyAdd(q, -Ln2High, x));
        var sum = Coefficients[0];
        for (var i = 1; i < Coefficients.Length; i++)
            sum = MathF.FusedMultiplyAdd(sum, s, Coefficients[i]);
        return MathF.ScaleB(1 + MathF.FusedMultiplyAdd(s * s, sum, s), (int)q);
    }
}
