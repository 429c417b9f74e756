using YamlDotNet.Core;

namespace MiniSora.Jobs.Specs;

/// <summary>Replaces one value of a spec by a text <c>path=value</c>, the value as YAML would have it.</summary>
public static class SpecOverride
{
    /// <summary>The spec with the value; unchanged, with a problem added, when the text cannot be used.</summary>
    public static TSpec Apply<TSpec>(TSpec spec, string text, List<SpecProblem> problems) where TSpec : RunSpec
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            problems.Add(SpecProblem.At("spec.override", "", null, ("text", text)));
            return spec;
        }

        var (path, value) = (text[..equals].Trim(), text[(equals + 1)..]);
        if (SpecSchema.Find(SpecSchema.KindOf(spec), path) is not { } field)
        {
            problems.Add(SpecProblem.At("spec.unknown_key", path, null, ("key", path), ("suggestion", SpecReader.Suggest(SpecSchema.KindOf(spec), path))));
            return spec;
        }

        // A plain text may hold anything, also what would be YAML punctuation.
        var tree = field.Type == SpecFieldType.Text ? new YamlText(1, value, Quoted: true) : Parse(value);
        if (tree is not null && SpecValue.TryRead(field, tree, out var read, out _))
            return field.With(spec, read);
        problems.Add(SpecProblem.At(field.Type == SpecFieldType.Choice ? "spec.unknown_choice" : "spec.wrong_type", path, null,
            ("value", value), ("expected", SnakeCase.From(field.Type)), ("choices", string.Join(", ", field.Choices))));
        return spec;
    }

    private static YamlTree? Parse(string value)
    {
        try
        {
            return YamlTree.Parse(value, []);
        }
        catch (YamlException)
        {
            return null;
        }
    }
}
