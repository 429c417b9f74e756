using System.Globalization;
using YamlDotNet.Core;

namespace MiniSora.Jobs.Specs;

/// <summary>Turns a document into a spec, collecting every problem with its line instead of stopping at the first.</summary>
internal sealed class SpecReader(SpecKind kind, List<SpecProblem> problems)
{
    private readonly HashSet<string> sections = [.. SpecSchema.For(kind).SelectMany(field => Prefixes(field.Path))];

    private RunSpec spec = SpecSchema.New(kind);

    public static SpecReading Read(string yaml)
    {
        var problems = new List<SpecProblem>();
        if (yaml.Length > SpecYaml.LongestDocument)
            return new(null, [SpecProblem.At("spec.too_long_document", "", null, ("max", SpecYaml.LongestDocument.ToString(CultureInfo.InvariantCulture)))]);

        YamlTree? root;
        try
        {
            root = YamlTree.Parse(yaml, problems);
        }
        catch (YamlException error)
        {
            return new(null, [.. problems, SpecProblem.At("spec.syntax", "", (int)error.Start.Line, ("detail", error.InnerException?.Message ?? error.Message))]);
        }

        catch (Exception error) when (error is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException)
        {
            // The scanner of the package has states it does not expect itself; fuzzing found them.
            return new(null, [.. problems, SpecProblem.At("spec.syntax", "", null, ("detail", error.Message))]);
        }

        if (root is not YamlMap map)
            return new(null, [.. problems, SpecProblem.At("spec.not_a_mapping", "", 1)]);
        if (LatteConfig.Recognises(map))
            return LatteConfig.Read(map, problems);
        if (KindOf(map, problems) is not { } kind)
            return new(null, problems);

        var reader = new SpecReader(kind, problems);
        reader.ReadMap(map, "");
        return new(problems.Count == 0 ? reader.spec : null, [.. problems.OrderBy(problem => problem.Line ?? 0)]);
    }

    private static SpecKind? KindOf(YamlMap map, List<SpecProblem> problems)
    {
        var kinds = string.Join(", ", Enum.GetNames<SpecKind>().Select(SnakeCase.From));
        var entry = map.Entries.FirstOrDefault(entry => entry.Key == "kind");
        if (entry.Value is null)
        {
            problems.Add(SpecProblem.At("spec.kind_missing", "kind", 1, ("choices", kinds)));
            return null;
        }

        foreach (var kind in Enum.GetValues<SpecKind>())
        {
            if (entry.Value is YamlText text && text.Value == SnakeCase.From(kind))
                return kind;
        }

        problems.Add(SpecProblem.At("spec.kind_unknown", "kind", entry.Line, ("value", Describe(entry.Value)), ("choices", kinds)));
        return null;
    }

    private static IEnumerable<string> Prefixes(string path)
    {
        for (var dot = path.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = path.IndexOf('.', dot + 1))
            yield return path[..dot];
    }

    private void ReadMap(YamlMap map, string prefix)
    {
        foreach (var (key, line, value) in map.Entries)
        {
            var path = prefix + key;
            if (path == "kind")
                continue;
            if (SpecSchema.Find(kind, path) is { } field)
                ReadField(field, value);
            else if (!sections.Contains(path))
                problems.Add(SpecProblem.At("spec.unknown_key", path, line, ("key", path), ("suggestion", Suggest(kind, path))));
            else if (value is YamlMap inner)
                ReadMap(inner, path + ".");
            else if (value is not YamlText { IsNull: true })
                problems.Add(SpecProblem.At("spec.wrong_type", path, line, ("value", Describe(value)), ("expected", "map")));
        }
    }

    private void ReadField(SpecField field, YamlTree value)
    {
        if (SpecValue.TryRead(field, value, out var read, out var code))
        {
            spec = field.With(spec, read);
            return;
        }

        problems.Add(SpecProblem.At(code, field.Path, value.Line, ("value", Describe(value)),
            ("expected", SnakeCase.From(field.Type)), ("choices", string.Join(", ", field.Choices))));
    }

    private static string Describe(YamlTree value) => value switch
    {
        YamlText text => text.Value.Length > 60 ? text.Value[..60] + "…" : text.Value,
        YamlSequence => "[…]",
        _ => "{…}",
    };

    /// <summary>The known path nearest to a misspelt one, if it is near enough to be meant; else empty.</summary>
    internal static string Suggest(SpecKind kind, string path)
    {
        var known = SpecSchema.For(kind).SelectMany(field => Prefixes(field.Path).Append(field.Path)).Distinct();
        var best = known.MinBy(candidate => Distance(path, candidate))!;
        return Distance(path, best) <= Math.Max(2, path.Length / 4) ? best : "";
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[b.Length];
    }
}
