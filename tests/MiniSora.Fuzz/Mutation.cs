using System.Text;
using MiniSora.Model;

namespace MiniSora.Fuzz;

/// <summary>Sound files, damaged at random. The same random numbers give the same bytes.</summary>
internal static class Mutation
{
    private static readonly ulong[] Edges = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ulong.MaxValue];

    /// <summary>One of <paramref name="corpus"/> with one to four of: a bit or byte changed, a part cut out or copied in, a number at its edges, a digit made longer.</summary>
    public static byte[] Of(ref SplitMix64 random, IReadOnlyList<byte[]> corpus)
    {
        var bytes = corpus[(int)random.Below(corpus.Count)].ToList();
        for (var times = random.Range(1, 4); times > 0 && bytes.Count > 0; times--)
            Damage(ref random, bytes, corpus);
        return [.. bytes];
    }

    private static void Damage(ref SplitMix64 random, List<byte> bytes, IReadOnlyList<byte[]> corpus)
    {
        var at = (int)random.Below(bytes.Count);
        switch (random.Below(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << (int)random.Below(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next();
                break;
            case 2:
                bytes.RemoveRange(at, (int)random.Below(bytes.Count - at + 1));
                break;
            case 3:
                bytes.RemoveRange(at, (int)random.Below(Math.Min(16, bytes.Count - at) + 1));
                break;
            case 4:
                var other = corpus[(int)random.Below(corpus.Count)];
                var from = (int)random.Below(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, (int)random.Below(Math.Min(64, other.Length - from) + 1)).ToArray());
                break;
            case 5:
                // Headers: the first and the last bytes, where lengths and offsets are.
                Overwrite(ref random, bytes, random.Below(2) == 0 ? (int)random.Below(Math.Min(16, bytes.Count)) : Math.Max(0, bytes.Count - 1 - (int)random.Below(100)));
                break;
            case 6:
                Overwrite(ref random, bytes, at);
                break;
            default:
                // A number or a name in text.
                var digit = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                if (digit >= 0)
                    bytes.InsertRange(digit, Encoding.ASCII.GetBytes(random.Below(2) == 0 ? "9223372036854775807" : "-"));
                break;
        }
    }

    private static void Overwrite(ref SplitMix64 random, List<byte> bytes, int at)
    {
        var value = BitConverter.GetBytes(Edges[random.Below(Edges.Length)]);
        for (var i = 0; i < 1 << (int)random.Below(4) && at + i < bytes.Count; i++)
            bytes[at + i] = value[i];
    }
}
