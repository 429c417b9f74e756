using System.Text;
using System.Text.RegularExpressions;
using MiniSora.Jobs.Specs;

namespace MiniSora.Web.Runs.NewRun;

/// <summary>
/// What stands in the form, letter by letter. A field keeps what was typed even where it is no value, so that nothing is
/// lost and the person sees their own words beside the reason. Reading goes through the same YAML reader as documents do:
/// one set of rules, one set of error codes.
/// </summary>
public sealed partial class SpecDraft
{
    /// <summary>Any text field: its formatter quotes a text for YAML.</summary>
    private static readonly SpecField AnyText = SpecSchema.Find(SpecKind.Training, "name")!;

    private readonly Dictionary<string, string> typed;

    private SpecDraft(SpecKind kind, Dictionary<string, string> typed)
    {
        Kind = kind;
        this.typed = typed;
    }

    /// <summary>Kind of run.</summary>
    public SpecKind Kind { get; }

    /// <summary>Path to what was typed, for every field.</summary>
    public IReadOnlyDictionary<string, string> Typed => typed;

    /// <summary>What stands in a field.</summary>
    public string this[string path]
    {
        get => typed[path];
        set => typed[path] = value;
    }

    /// <summary>A form that shows a spec.</summary>
    public static SpecDraft From(RunSpec spec) =>
        new(SpecSchema.KindOf(spec), SpecSchema.For(spec).ToDictionary(field => field.Path, field => Show(field, field.Get(spec))));

    /// <summary>A form kept from before: fields of <paramref name="kept"/> that exist are taken, the others keep their default.</summary>
    public static SpecDraft From(SpecKind kind, IReadOnlyDictionary<string, string> kept)
    {
        var draft = From(SpecSchema.New(kind));
        foreach (var (path, text) in kept)
        {
            if (draft.typed.ContainsKey(path))
                draft.typed[path] = text;
        }

        return draft;
    }

    /// <summary>The spec; where a field is no value, its default stands in and the problem is listed.</summary>
    public (RunSpec Spec, IReadOnlyList<SpecProblem> Problems) Read()
    {
        var reading = SpecYaml.Read(Document(_ => true));
        if (reading.Spec is not null)
            return (reading.Spec, []);
        // Without a document there are no lines; an empty field wants a value, not a lesson about types.
        var problems = reading.Problems.Select(problem => problem with { Line = null, Code = IsEmptyNumber(problem) ? "spec.text_empty" : problem.Code }).ToList();
        var broken = problems.Select(problem => problem.Path).ToHashSet();
        return (SpecYaml.Read(Document(path => !broken.Contains(path))).Spec ?? SpecSchema.New(Kind), problems);
    }

    /// <summary>A value as a person types it: lists of texts a line each, lists of numbers with commas.</summary>
    internal static string Show(SpecField field, object? value) => field.Type switch
    {
        SpecFieldType.Text => (string?)value ?? "",
        SpecFieldType.TextList => string.Join('\n', (IReadOnlyList<string>)value!),
        SpecFieldType.RealList => field.Format(value).Trim('[', ']'),
        _ => field.Format(value),
    };

    /// <summary>A value as a person reads it, choices in their language; a dash where it is empty.</summary>
    internal static string Words(SpecField field, object? value)
    {
        var text = field.Type == SpecFieldType.Choice ? SpecTexts.Choice(field, SnakeCase.From((Enum)value!)) : Show(field, value);
        return text.Length > 0 ? text : "–";
    }

    private bool IsEmptyNumber(SpecProblem problem) =>
        problem.Code == "spec.wrong_type" && typed.TryGetValue(problem.Path, out var text) && string.IsNullOrWhiteSpace(text);

    private string Document(Func<string, bool> take)
    {
        var text = new StringBuilder();
        text.Append("kind: ").Append(SnakeCase.From(Kind)).Append('\n');
        string[] open = [];
        foreach (var field in SpecSchema.For(Kind).Where(field => take(field.Path)))
        {
            var names = field.Path.Split('.');
            var shared = 0;
            while (shared < open.Length && shared < names.Length - 1 && open[shared] == names[shared])
                shared++;
            for (var depth = shared; depth < names.Length - 1; depth++)
                text.Append(' ', 2 * depth).Append(names[depth]).Append(":\n");
            open = names[..^1];
            text.Append(' ', 2 * open.Length).Append(names[^1]).Append(": ").Append(Value(field, typed[field.Path])).Append('\n');
        }

        return text.ToString();
    }

    private static string Value(SpecField field, string text) => field.Type switch
    {
        SpecFieldType.TextList => $"[{string.Join(", ", Lines(text).Select(Quote))}]",
        SpecFieldType.RealList => $"[{string.Join(", ", text.Split([',', '，', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Number))}]",
        SpecFieldType.Integer or SpecFieldType.Real => Number(text.Trim()),
        _ => Quote(text),
    };

    private static IEnumerable<string> Lines(string text) => text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Bare when it looks like a number, quoted otherwise, which the reader then refuses by name.</summary>
    private static string Number(string text) => NumberLike().IsMatch(text) ? text : Quote(text);

    private static string Quote(string text) => AnyText.Format(text);

    [GeneratedRegex(@"^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$")]
    private static partial Regex NumberLike();
}
