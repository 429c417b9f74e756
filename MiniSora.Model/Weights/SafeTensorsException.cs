namespace MiniSora.Model.Weights;

/// <summary>What is wrong with a safetensors file.</summary>
public enum SafeTensorsError
{
    /// <summary>The file ends before what its header promises, or before the header itself.</summary>
    Truncated,

    /// <summary>The header's length is zero or above <see cref="SafeTensorsFile.LargestHeader"/>.</summary>
    HeaderLength,

    /// <summary>The header is not the JSON object the format describes, or has more values than <see cref="SafeTensorsFile.MostHeaderValues"/>.</summary>
    HeaderNotJson,

    /// <summary>A tensor's type is unknown or not supported.</summary>
    Type,

    /// <summary>A shape is negative, or its size does not fit 63 bits, or differs from the bytes given for it.</summary>
    Shape,

    /// <summary>A tensor begins or ends outside the data.</summary>
    Range,

    /// <summary>Two tensors share bytes, or bytes belong to no tensor.</summary>
    Layout,

    /// <summary>A tensor or a metadata entry that was asked for is not in the file.</summary>
    Missing,
}

/// <summary>A file that is not a sound safetensors file, or lacks what was asked for.</summary>
public sealed class SafeTensorsException(SafeTensorsError error, string path, string detail)
    : WeightFileException(CodeOf("safetensors", error), path, detail)
{
    /// <summary>Which rule is broken.</summary>
    public SafeTensorsError Error { get; } = error;
}
