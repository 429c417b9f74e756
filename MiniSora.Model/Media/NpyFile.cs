namespace MiniSora.Model.Media;

/// <summary>NumPy's array format, version 1.0.</summary>
public static class NpyFile
{
    /// <summary>Writes a uint8 array in C order. The file appears whole or not at all.</summary>
    /// <param name="path">Replaced when there.</param>
    /// <param name="shape">Dimensions.</param>
    /// <param name="data">The array.</param>
    public static void WriteUInt8(string path, IReadOnlyList<int> shape, ReadOnlySpan<byte> data) => throw new NotImplementedException();

    /// <summary>As above for arrays too large for memory: the parts, one after the other, are the array.</summary>
    public static void WriteUInt8(string path, IReadOnlyList<int> shape, IEnumerable<byte[]> parts) => throw new NotImplementedException();
}
