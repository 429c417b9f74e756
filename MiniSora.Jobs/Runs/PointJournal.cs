using System.Globalization;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// The newest points of a run, kept in its folder until the next attempt. When the portal dies, what the process had said
/// in its last moments may never have been stored, while the checkpoint it then writes lies after it: the next attempt
/// says it again. Storing a point twice is harmless. Two files of about a megabyte each at most.
/// </summary>
internal sealed class PointJournal(string folder)
{
    private const long BytesPerFile = 1 << 20;

    private readonly string newest = Path.Combine(folder, "points.txt");
    private readonly string older = Path.Combine(folder, "points.older.txt");

    /// <summary>Adds points; call it before they are reported.</summary>
    public void Append(IReadOnlyList<MetricPoint> points)
    {
        if (File.Exists(newest) && new FileInfo(newest).Length > BytesPerFile)
            File.Move(newest, older, overwrite: true);
        File.AppendAllLines(newest, points.Select(Line));
    }

    /// <summary>The points of steps up to <paramref name="step"/>, and forgets those after it: they will be made again.</summary>
    public IReadOnlyList<MetricPoint> KeepUpTo(long step)
    {
        var kept = new[] { older, newest }.Where(File.Exists).SelectMany(File.ReadLines).Select(Parse).OfType<MetricPoint>().Where(point => point.Step <= step).ToList();
        File.Delete(older);
        File.WriteAllLines(newest, kept.Select(Line));
        return kept;
    }

    private static string Line(MetricPoint point) => string.Create(CultureInfo.InvariantCulture, $"{point.Name} {point.Step} {point.Value:R} .");

    /// <summary>Null for the half line that a killed process leaves: it lacks the full stop.</summary>
    private static MetricPoint? Parse(string line) =>
        line.Split(' ') is [var name, var step, var value, "."]
        && long.TryParse(step, CultureInfo.InvariantCulture, out var at)
        && double.TryParse(value, CultureInfo.InvariantCulture, out var number)
            ? new MetricPoint(name, at, number)
            : null;
}
