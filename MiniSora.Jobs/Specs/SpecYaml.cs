using System.Globalization;
using System.Text;

namespace MiniSora.Jobs.Specs;

/// <summary>A document that was read: the spec, or every reason why it is none.</summary>
/// <param name="Spec">The spec; null when there is a problem.</param>
/// <param name="Problems">All problems, in the order of the lines.</param>
public sealed record SpecReading(RunSpec? Spec, IReadOnlyList<SpecProblem> Problems)
{
    /// <summary>How a document in another project's words was understood; empty for one of ours.</summary>
    public IReadOnlyList<ForeignNote> Notes { get; init; } = [];
}

/// <summary>One line of another project's configuration.</summary>
/// <param name="Key">Its name there; empty for what the project's code fixes without saying so in the file.</param>
/// <param name="Value">As written.</param>
/// <param name="Path">The setting it became, or null if it has no meaning here.</param>
/// <param name="Shown">The value there, or the key of the text that says why it has no meaning.</param>
public sealed record ForeignNote(string Key, string Value, string? Path, string Shown);

/// <summary>
/// Specs as YAML. <see cref="Write"/> is canonical: every field in schema order, so that equal specs give equal bytes and a run's
/// document says everything about it. <see cref="Read"/> accepts a document with any subset of the fields.
/// </summary>
public static class SpecYaml
{
    /// <summary>Longest document that is read, in characters.</summary>
    public const int LongestDocument = 200_000;

    /// <summary>Reads a document. Checks names and types; ranges are <see cref="SpecValidator"/>'s.</summary>
    public static SpecReading Read(string yaml) => SpecReader.Read(yaml);

    /// <summary>The canonical document; ends with a line feed.</summary>
    public static string Write(RunSpec spec)
    {
        var text = new StringBuilder();
        text.Append("kind: ").Append(SnakeCase.From(SpecSchema.KindOf(spec))).Append('\n');
        string[] open = [];
        foreach (var field in SpecSchema.For(spec))
        {
            var names = field.Path.Split('.');
            var shared = 0;
            while (shared < open.Length && shared < names.Length - 1 && open[shared] == names[shared])
                shared++;
            for (var depth = shared; depth < names.Length - 1; depth++)
                text.Append(' ', 2 * depth).Append(names[depth]).Append(":\n");
            open = names[..^1];
            text.Append(' ', 2 * open.Length).Append(names[^1]).Append(':');
            WriteValue(text, field, field.Get(spec), open.Length);
        }

        return text.ToString();
    }

    /// <summary>A value as it stands in the document, lists in flow style.</summary>
    internal static string Scalar(SpecField field, object? value) => field.Type switch
    {
        SpecFieldType.Text => Quote((string?)value ?? ""),
        SpecFieldType.Integer => Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        SpecFieldType.Real => Number((double)value!),
        SpecFieldType.Choice => SnakeCase.From((Enum)value!),
        SpecFieldType.TextList => $"[{string.Join(", ", ((IReadOnlyList<string>)value!).Select(Quote))}]",
        SpecFieldType.RealList => $"[{string.Join(", ", ((IReadOnlyList<double>)value!).Select(Number))}]",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Type, "not a field type"),
    };

    private static void WriteValue(StringBuilder text, SpecField field, object? value, int depth)
    {
        if (field.Type == SpecFieldType.TextList && value is IReadOnlyList<string> { Count: > 0 } items)
        {
            text.Append('\n');
            foreach (var item in items)
                text.Append(' ', 2 * depth + 2).Append("- ").Append(Quote(item)).Append('\n');
            return;
        }

        text.Append(' ').Append(Scalar(field, value)).Append('\n');
    }

    /// <summary>Shortest text that reads back to the same number.</summary>
    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    /// <summary>Always quoted: no text can be mistaken for a number, a boolean, a comment or a null by any YAML reader.</summary>
    private static string Quote(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                < ' ' or (>= '\u007f' and <= '\u00a0') or '\u2028' or '\u2029' or '\ufeff' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        return text.Append('"').ToString();
    }
}
