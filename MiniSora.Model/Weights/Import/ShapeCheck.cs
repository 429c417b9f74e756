using MiniSora.Model.Layers;

namespace MiniSora.Model.Weights.Import;

/// <summary>Whether the names and shapes in a file are those of a network; reads no numbers, so the largest published networks cost nothing.</summary>
internal static class ShapeCheck
{
    private const int MostNamed = 8;

    /// <summary>Throws <see cref="ImportException"/> (<c>import_keys</c>) that says what is missing, unexpected and of another shape.</summary>
    public static void Require(string kind, ParameterLayout layout, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes)
    {
        var known = layout.Specs.Select(spec => spec.Name).ToHashSet();
        var missing = known.Where(name => !shapes.ContainsKey(name)).ToList();
        var unexpected = shapes.Keys.Where(name => !known.Contains(name) && !layout.IsBatchCounter(name)).Order(StringComparer.Ordinal).ToList();
        var misshapen = layout.Specs.Where(spec => shapes.TryGetValue(spec.Name, out var found) && !found.SequenceEqual(spec.Shape))
            .Select(spec => $"{spec.Name} is [{string.Join(", ", shapes[spec.Name])}], expected [{string.Join(", ", spec.Shape)}]").ToList();
        if (missing.Count + unexpected.Count + misshapen.Count == 0)
            return;
        var detail = string.Join("; ", Part("missing", missing).Concat(Part("unexpected", unexpected)).Concat(misshapen.Take(MostNamed)));
        throw new ImportException("import_keys", $"This is no {kind}: {detail}", ("kind", kind), ("detail", detail));
    }

    private static IEnumerable<string> Part(string what, List<string> names) =>
        names.Count == 0 ? [] : [$"{what} {names.Count}: {string.Join(", ", names.Take(MostNamed))}{(names.Count > MostNamed ? ", …" : "")}"];
}
