using System.Text.Json;
using System.Text.RegularExpressions;

namespace MiniSora.Model.Verification;

/// <summary>A folder of recorded inputs and outputs of original implementations: its <c>manifest.json</c>.</summary>
/// <param name="Folder">Where the files lie.</param>
/// <param name="Entries">One per file, in the manifest's order.</param>
public sealed record FixtureManifest(string Folder, IReadOnlyList<FixtureEntry> Entries)
{
    /// <summary>Reads <c>manifest.json</c> in <paramref name="folder"/>; throws <see cref="FixtureException"/> when it is missing or not of this format.</summary>
    public static FixtureManifest Load(string folder)
    {
        var path = Path.Combine(folder, "manifest.json");
        if (!File.Exists(path))
            throw new FixtureException($"{folder} has no manifest.json");
        try
        {
            // The entries keep parts of the document, so it lives as long as they do.
            var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return new FixtureManifest(folder, [.. document.RootElement.GetProperty("entries").EnumerateArray().Select(FixtureEntry.From)]);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FixtureException($"{path} is no manifest of fixtures: {error.Message}");
        }
    }
}

/// <summary>One file of fixtures.</summary>
/// <param name="File">Name within the folder.</param>
/// <param name="Family">Group it belongs to: <c>dit</c>, <c>latte</c>, <c>solver</c> …</param>
/// <param name="What">What the tensors mean, in words.</param>
/// <param name="Config">Constructor arguments and list of cases.</param>
/// <param name="Notes">Further remarks; may be empty.</param>
/// <param name="IsJson">A layout (names, shapes, counts) instead of tensors.</param>
/// <param name="Tolerance">How near an output must be.</param>
public sealed record FixtureEntry(string File, string Family, string What, JsonElement Config, string Notes, bool IsJson, FixtureTolerance Tolerance)
{
    internal static FixtureEntry From(JsonElement entry) => new(
        entry.GetProperty("file").GetString()!,
        entry.GetProperty("family").GetString()!,
        Text(entry, "what"),
        entry.TryGetProperty("config", out var config) ? config : default,
        Text(entry, "notes"),
        entry.TryGetProperty("json", out var json) && json.ValueKind == JsonValueKind.True,
        FixtureTolerance.From(entry.TryGetProperty("tolerance", out var tolerance) ? tolerance : default));

    private static string Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText() : "";
}

/// <summary>|got − want| ≤ atol + rtol · |want|; single tensors may have their own, by names in which * matches any characters.</summary>
public sealed record FixtureTolerance(double Atol, double Rtol, IReadOnlyList<(Regex Name, double Atol, double Rtol)> PerTensor)
{
    /// <summary>Of one tensor.</summary>
    public (double Atol, double Rtol) For(string name)
    {
        foreach (var (pattern, atol, rtol) in PerTensor)
        {
            if (pattern.IsMatch(name))
                return (atol, rtol);
        }

        return (Atol, Rtol);
    }

    internal static FixtureTolerance From(JsonElement tolerance)
    {
        if (tolerance.ValueKind != JsonValueKind.Object)
            return new FixtureTolerance(0, 0, []);
        double Number(JsonElement of, string name, double otherwise) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;
        bool Exact(JsonElement of) => of.TryGetProperty("exact", out var exact) && exact.ValueKind == JsonValueKind.True;
        var atol = Exact(tolerance) ? 0 : Number(tolerance, "atol", 0);
        var rtol = Exact(tolerance) ? 0 : Number(tolerance, "rtol", 0);
        var perTensor = tolerance.TryGetProperty("per_tensor", out var special) && special.ValueKind == JsonValueKind.Object
            ? special.EnumerateObject().Select(item => (Glob(item.Name),
                Exact(item.Value) ? 0 : Number(item.Value, "atol", atol),
                Exact(item.Value) ? 0 : Number(item.Value, "rtol", rtol))).ToList()
            : [];
        return new FixtureTolerance(atol, rtol, perTensor);
    }

    private static Regex Glob(string pattern) =>
        new("^" + Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant);
}

/// <summary>A folder or file of fixtures cannot be used; the message says why.</summary>
public sealed class FixtureException(string message) : Exception(message);
