using System.Globalization;
using System.Text;

namespace MiniSora.Model.Media;

/// <summary>NumPy's array format, version 1.0 (numpy.lib.format).</summary>
public static class NpyFile
{
    private const int Alignment = 64;

    /// <summary>Writes a uint8 array in C order. The file appears whole or not at all.</summary>
    /// <param name="path">Replaced when there.</param>
    /// <param name="shape">Dimensions.</param>
    /// <param name="data">The array.</param>
    public static void WriteUInt8(string path, IReadOnlyList<int> shape, byte[] data) => WriteUInt8(path, shape, [data]);

    /// <summary>As above for arrays too large for memory: the parts, one after the other, are the array.</summary>
    public static void WriteUInt8(string path, IReadOnlyList<int> shape, IEnumerable<byte[]> parts)
    {
        var expected = shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
        AtomicFile.Write(path, stream =>
        {
            stream.Write(Header(shape));
            var written = 0L;
            foreach (var part in parts)
            {
                stream.Write(part);
                written += part.LongLength;
            }

            if (written != expected)
                throw new ArgumentException($"shape ({string.Join(", ", shape)}) holds {expected} bytes, the parts held {written}", nameof(parts));
        });
    }

    private static byte[] Header(IReadOnlyList<int> shape)
    {
        var dimensions = string.Concat(shape.Select(dimension => string.Create(CultureInfo.InvariantCulture, $"{dimension}, "))).TrimEnd();
        var text = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({(shape.Count > 1 ? dimensions.TrimEnd(',') : dimensions)}), }}";

        // Magic, version and length take ten bytes; the text ends in a line feed and the data begin aligned.
        var length = text.Length + 1;
        length += (Alignment - (10 + length) % Alignment) % Alignment;
        return
        [
            0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8),
            .. Encoding.ASCII.GetBytes(text.PadRight(length - 1)), (byte)'\n',
        ];
    }
}
