using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Where a token stands, from its real-valued (t, y, x) coordinates: cosines and sines of a few wavelengths an axis, dense. Key
/// <c>{name}</c>. Rotations tell tokens their distances; this tells each its place, which a caption's "left" or "first" speaks of.
/// </summary>
internal sealed class PositionEmbedding(ParameterLayout layout, string name, long width)
{
    /// <summary>Wavelengths 4, 8 … 128 cells: half of the shortest tells neighbours apart, the longest spans a large grid.</summary>
    private const int Waves = 6;

    private const int Features = 3 * 2 * Waves;
    private readonly Dense dense = new(layout, name, Features, width, hidden: false);

    /// <summary>Features [N, 36] of <see cref="Features"/> to [N, D].</summary>
    public Tensor Forward(ParameterViews w, Tensor features) => dense.Forward(w, features);

    /// <summary>Features of coordinates (t, y, x), float32 [N, 36] on the CPU.</summary>
    public static Tensor FeaturesOf(IReadOnlyList<double[]> coordinates)
    {
        var values = new float[coordinates.Count * Features];
        for (var n = 0; n < coordinates.Count; n++)
        {
            for (var axis = 0; axis < 3; axis++)
            {
                for (var wave = 0; wave < Waves; wave++)
                {
                    var angle = coordinates[n][axis] * Math.PI / 2 / (1 << wave);
                    var at = (n * 3 + axis) * 2 * Waves + 2 * wave;
                    values[at] = (float)Math.Cos(angle);
                    values[at + 1] = (float)Math.Sin(angle);
                }
            }
        }

        return tensor(values, [coordinates.Count, Features]);
    }
}
