using System.Globalization;
using System.Text;

namespace MiniSora.Jobs.Specs;

/// <summary>The reference of all settings, <c>docs/spec.md</c>, in both languages side by side.</summary>
public static class SpecDocs
{
    private static readonly CultureInfo English = CultureInfo.InvariantCulture;
    private static readonly CultureInfo Chinese = CultureInfo.GetCultureInfo("zh-CN");

    /// <summary>The whole page, Markdown.</summary>
    public static string Write()
    {
        var text = new StringBuilder();
        text.Append("# Specifications\n\nMade by `./minisora docs spec > docs/spec.md`; do not edit by hand.\n\n");
        text.Append("A run is described by a YAML document. `kind` says which one; every other key may be left out and has the default shown.\n");
        text.Append("`./minisora train SPEC --set training.steps=500` replaces single values.\n");
        foreach (var kind in Enum.GetValues<SpecKind>())
            Kind(text, kind);
        Problems(text);
        return text.ToString();
    }

    private static void Kind(StringBuilder text, SpecKind kind)
    {
        text.Append(English, $"\n## kind: {SnakeCase.From(kind)}\n");
        foreach (var group in SpecSchema.For(kind).GroupBy(field => field.Group))
        {
            text.Append(English, $"\n### {SpecTexts.Group(group.Key, English)} · {SpecTexts.Group(group.Key, Chinese)}\n\n");
            text.Append("| key | value | default | meaning | 含义 |\n|---|---|---|---|---|\n");
            foreach (var field in group)
                text.Append(English, $"| `{field.Path}` | {Values(field)} | `{field.Format(field.Default)}` | {Cell(SpecTexts.Help(field, English))} | {Cell(SpecTexts.Help(field, Chinese))} |\n");
        }
    }

    private static string Values(SpecField field)
    {
        if (field.Type == SpecFieldType.Choice)
            return string.Join(", ", field.Choices.Select(choice => $"`{choice}`"));
        var parts = new List<string> { SpecTexts.Get("type." + SnakeCase.From(field.Type), English) };
        if (field.Min is { } min && field.Max is { } max)
            parts.Add(string.Create(English, $"{min} to {max}"));
        if (field.Setting.MultipleOf > 0)
            parts.Add(string.Create(English, $"multiple of {field.Setting.MultipleOf}"));
        if (field.Setting.MaxLength > 0)
            parts.Add(string.Create(English, $"at most {field.Setting.MaxLength} characters"));
        if (field.Setting.MaxCount != int.MaxValue)
            parts.Add(string.Create(English, $"{field.Setting.MinCount} to {field.Setting.MaxCount} entries"));
        if (field.Unit.Length > 0)
            parts.Add(SpecTexts.Unit(field.Unit, English));
        return string.Join(", ", parts);
    }

    private static void Problems(StringBuilder text)
    {
        text.Append("\n## Reasons why a specification is refused\n\nAll of them are reported at once. Names in braces are filled in.\n\n| code | message | 信息 |\n|---|---|---|\n");
        foreach (var code in SpecProblem.Codes)
            text.Append(English, $"| `{code}` | {Cell(SpecTexts.Get("error." + code, English))} | {Cell(SpecTexts.Get("error." + code, Chinese))} |\n");
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');
}
