using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Portal;

namespace MiniSora.Soak;

/// <summary>Reads loss curves from the API.</summary>
internal static class Curves
{
    /// <summary>Every stored loss by its step, in the order of the answer.</summary>
    public static async Task<IReadOnlyList<(long Step, double Value)>> LossAsync(PortalClient client, Guid run, CancellationToken cancellationToken)
    {
        var history = await client.SendAsync<JsonElement>(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"runs/{run}/metrics?name=loss&buckets=2000"), null, cancellationToken);
        var points = new List<(long, double)>();
        foreach (var series in history.GetProperty("series").EnumerateArray())
        {
            Add(points, series.GetProperty("steps"), series.GetProperty("mean"));
            Add(points, series.GetProperty("tail").GetProperty("steps"), series.GetProperty("tail").GetProperty("values"));
        }

        return points;
    }

    /// <summary>Null when two curves are the same, number by number; else the first difference.</summary>
    public static string? Difference(IReadOnlyList<(long Step, double Value)> one, IReadOnlyList<(long Step, double Value)> other)
    {
        for (var i = 0; i < Math.Max(one.Count, other.Count); i++)
        {
            if (i >= one.Count || i >= other.Count || one[i] != other[i])
                return string.Create(CultureInfo.InvariantCulture, $"entry {i}: {(i < one.Count ? one[i].ToString() : "nothing")} and {(i < other.Count ? other[i].ToString() : "nothing")}");
        }

        return null;
    }

    private static void Add(List<(long, double)> points, JsonElement steps, JsonElement values)
    {
        for (var i = 0; i < steps.GetArrayLength(); i++)
            points.Add((steps[i].GetInt64(), values[i].ValueKind == JsonValueKind.Number ? values[i].GetDouble() : double.NaN));
    }
}
