using MiniSora.Model.Layers;

namespace MiniSora.Model.Cascade;

/// <summary>The rules by which Stable Cascade's weights start (models.md §1.3).</summary>
internal enum Initial
{
    /// <summary>What a torch layer starts with when nothing else is said: uniform in ±1/√fan-in, its bias too.</summary>
    Torch,

    /// <summary>Glorot uniform over fan-in and fan-out, kernel positions counted in both; bias zero. The gain multiplies it.</summary>
    Xavier,

    /// <summary>Normal with standard deviation 0.02, bias zero: the mappers of conditions.</summary>
    Mapper,

    /// <summary>Normal with variance 2 / fan-out (He et al. 2015), bias zero: torchvision's EfficientNet.</summary>
    FanOut,

    /// <summary>Weight and bias zero.</summary>
    Zero,
}

/// <summary>Declares a weight and its bias by a rule.</summary>
internal static class InitialWeights
{
    /// <summary>Weight [out, in, …]; for a transposed convolution torch counts fans on the stored shape [in, out, …] too.</summary>
    public static int AddWeight(this ParameterLayout layout, string name, long[] shape, Initial rule, double gain = 1)
    {
        var positions = shape.Skip(2).Aggregate(1L, (product, size) => product * size);
        double fanIn = shape[1] * positions, fanOut = shape[0] * positions;
        var (start, scale) = rule switch
        {
            Initial.Torch => (Start.Uniform, 1 / Math.Sqrt(fanIn)),
            Initial.Xavier => (Start.Uniform, gain * Math.Sqrt(6 / (fanIn + fanOut))),
            Initial.Mapper => (Start.UnitNormal, 0.02),
            Initial.FanOut => (Start.UnitNormal, Math.Sqrt(2 / fanOut)),
            Initial.Zero => (Start.Zero, 1.0),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, null),
        };
        return layout.Add(name, shape, start, decay: true, scale: scale);
    }

    /// <summary>Bias [out] of a weight of this shape.</summary>
    public static int AddBias(this ParameterLayout layout, string name, long outputs, long[] weightShape, Initial rule) => rule == Initial.Torch
        ? layout.Add(name, [outputs], Start.Uniform, scale: 1 / Math.Sqrt(weightShape.Skip(1).Aggregate(1L, (product, size) => product * size)))
        : layout.Add(name, [outputs], Start.Zero);
}
