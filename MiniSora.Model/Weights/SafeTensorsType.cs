using static TorchSharp.torch;

namespace MiniSora.Model.Weights;

/// <summary>The element types of safetensors that TorchSharp has too.</summary>
internal static class SafeTensorsType
{
    private static readonly (string Name, ScalarType Type, int Bytes)[] All =
    [
        ("F64", ScalarType.Float64, 8), ("I64", ScalarType.Int64, 8),
        ("F32", ScalarType.Float32, 4), ("I32", ScalarType.Int32, 4),
        ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2), ("I16", ScalarType.Int16, 2),
        ("U8", ScalarType.Byte, 1), ("I8", ScalarType.Int8, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    internal static (ScalarType Type, int Bytes)? Parse(string name)
    {
        foreach (var row in All)
        {
            if (row.Name == name) return (row.Type, row.Bytes);
        }

        return null;
    }

    internal static (string Name, int Bytes) Of(ScalarType type)
    {
        foreach (var row in All)
        {
            if (row.Type == type) return (row.Name, row.Bytes);
        }

        throw new NotSupportedException($"Tensors of type {type} have no name in safetensors.");
    }
}
