using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Passports;

/// <summary>
/// Merkle root of a run's metric log: leaves are SHA-256(0, name, step, value) in the order of names and steps, inner nodes SHA-256(1, left, right),
/// an odd node goes up as it is. One changed, missing or added point gives another root.
/// </summary>
internal static class MetricRoot
{
    /// <summary>The root, lower-case hex; empty for a run without points.</summary>
    public static async Task<string> OfAsync(MiniSoraDbContext context, long runNumber, CancellationToken cancellationToken)
    {
        var tree = new Tree();
        // Sorted here: each database has an order of words of its own.
        var metrics = await context.MetricNames.AsNoTracking().ToListAsync(cancellationToken);
        foreach (var metric in metrics.OrderBy(metric => metric.Name, StringComparer.Ordinal))
        {
            var points = context.Database.SqlQuery<Point>(
                $"""SELECT "Step", "Value" FROM "MetricPoints" WHERE "Run" = {runNumber} AND "Metric" = {metric.Id} ORDER BY "Step" """);
            await foreach (var point in points.AsAsyncEnumerable().WithCancellation(cancellationToken))
                tree.Add(Leaf(metric.Name, point.Step, point.Value));
        }

        return tree.Root() is { } root ? Convert.ToHexStringLower(root) : "";
    }

    internal static byte[] Leaf(string name, long step, double? value)
    {
        var text = Encoding.UTF8.GetBytes(name);
        var bytes = new byte[1 + text.Length + 1 + 16];
        text.CopyTo(bytes, 1);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(^16), step);
        // What is no number was stored as null; its bits are those of NaN.
        BinaryPrimitives.WriteDoubleBigEndian(bytes.AsSpan(^8), value ?? double.NaN);
        return SHA256.HashData(bytes);
    }

    private sealed record Point(long Step, double? Value);

    /// <summary>A tree that grows leaf by leaf: one finished node a level, so a million points need twenty.</summary>
    internal sealed class Tree
    {
        private readonly List<byte[]?> levels = [];

        public void Add(byte[] leaf)
        {
            var node = leaf;
            for (var level = 0; ; level++)
            {
                if (level == levels.Count)
                    levels.Add(null);
                if (levels[level] is not { } left)
                {
                    levels[level] = node;
                    return;
                }

                node = Joined(left, node);
                levels[level] = null;
            }
        }

        public byte[]? Root() => levels.Aggregate((byte[]?)null, (right, left) => left is null ? right : right is null ? left : Joined(left, right));

        private static byte[] Joined(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);
    }
}
