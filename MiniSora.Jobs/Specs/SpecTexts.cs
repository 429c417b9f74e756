using System.Globalization;
using System.Resources;

namespace MiniSora.Jobs.Specs;

/// <summary>Every sentence about specs and runs, in English and Chinese. Keys: see <c>SpecTexts.resx</c>. A null culture means the current one.</summary>
public static class SpecTexts
{
    private static readonly ResourceManager Resources = new("MiniSora.Jobs.Specs.SpecTexts", typeof(SpecTexts).Assembly);
    private static readonly CultureInfo Chinese = CultureInfo.GetCultureInfo("zh-CN");

    /// <summary>Short name of a field.</summary>
    public static string Label(SpecField field, CultureInfo? culture = null) => Get($"field.{field.Path}.label", culture);

    /// <summary>What a field means and when to change it.</summary>
    public static string Help(SpecField field, CultureInfo? culture = null) => Get($"field.{field.Path}.help", culture);

    /// <summary>A choice of a field, in words.</summary>
    public static string Choice(SpecField field, string choice, CultureInfo? culture = null) => Get($"choice.{SnakeCase.From(field.ValueType.Name)}.{choice}", culture);

    /// <summary>Title of a section of the form.</summary>
    public static string Group(string group, CultureInfo? culture = null) => Get($"group.{group}", culture);

    /// <summary>A unit after a number; empty for none.</summary>
    public static string Unit(string unit, CultureInfo? culture = null) => unit.Length == 0 ? "" : Get($"unit.{unit}", culture);

    /// <summary>A kind of run.</summary>
    public static string Kind(SpecKind kind, CultureInfo? culture = null) => Get($"kind.{SnakeCase.From(kind)}", culture);

    /// <summary>The sentence of a problem, without its place.</summary>
    public static string Problem(SpecProblem problem, CultureInfo? culture = null)
    {
        var arguments = new Dictionary<string, string>(problem.Arguments);
        if (arguments.TryGetValue("expected", out var expected))
            arguments["expected"] = Find($"type.{expected}", culture) ?? expected;
        if (arguments.TryGetValue("unit", out var unit))
            arguments["unit"] = unit.Length == 0 ? "" : " " + Unit(unit, culture);
        if (arguments.TryGetValue("suggestion", out var suggestion))
            arguments["suggestion"] = suggestion.Length == 0 ? "" : Fill(Get("error.did_you_mean", culture), arguments);
        return Fill(Get("error." + problem.Code, culture), arguments);
    }

    /// <summary>The sentence of a problem with the line and field in front, for a terminal or a list.</summary>
    public static string ProblemWithPlace(SpecProblem problem, CultureInfo? culture = null)
    {
        var place = problem.Line is { } line ? Fill(Get("error.line", culture), new Dictionary<string, string> { ["line"] = line.ToString(CultureInfo.InvariantCulture) }) : "";
        var path = problem.Path.Length == 0 ? "" : problem.Path + ": ";
        return place + path + Problem(problem, culture);
    }

    /// <summary>A line of another project's configuration and what it became.</summary>
    public static string Note(ForeignNote note, CultureInfo? culture = null)
    {
        var from = note.Key.Length == 0 ? Get("latte.code", culture) : $"{note.Key}: {note.Value}".TrimEnd();
        return note.Path is null ? $"{from} – {Get(note.Shown, culture)}" : $"{from} → {note.Path}: {note.Shown}";
    }

    /// <summary>What a run is doing, from <c>RunPhase.Key</c>.</summary>
    public static string Phase(string key, CultureInfo? culture = null) => Find(key, culture) ?? key;

    /// <summary>A line of a run's log, from <c>RunLog.Key</c>; null for a key of another version.</summary>
    public static string? Log(string key, IReadOnlyDictionary<string, string>? arguments, CultureInfo? culture = null) =>
        key.Length > 0 && Find(key, culture) is { } text ? Fill(text, arguments ?? new Dictionary<string, string>()) : null;

    /// <summary>Every text that a line of a log can have, by its key, arguments not filled in.</summary>
    public static IReadOnlyDictionary<string, string> LogTexts(CultureInfo? culture = null) =>
        Resources.GetResourceSet(CultureInfo.InvariantCulture, true, false)!.Cast<System.Collections.DictionaryEntry>().Select(entry => (string)entry.Key)
            .Where(key => key.StartsWith("log.", StringComparison.Ordinal) || (key.StartsWith("failure.", StringComparison.Ordinal) && !key.EndsWith(".advice", StringComparison.Ordinal)))
            .ToDictionary(key => key, key => Get(key, culture));

    /// <summary>Why a run failed, from <c>RunFailed.Code</c>; an unknown code reads as a fault of the software.</summary>
    public static string Failure(string code, IReadOnlyDictionary<string, string>? arguments = null, CultureInfo? culture = null) =>
        Fill(Find("failure." + code, culture) ?? Get("failure.software", culture), arguments ?? new Dictionary<string, string>());

    /// <summary>What a person can do about a failure.</summary>
    public static string FailureAdvice(string code, CultureInfo? culture = null) =>
        Find($"failure.{code}.advice", culture) ?? Get("failure.software.advice", culture);

    /// <summary>A text that must exist.</summary>
    public static string Get(string key, CultureInfo? culture = null) =>
        Find(key, culture) ?? throw new MissingManifestResourceException($"No text for '{key}'.");

    /// <summary>A text with its named arguments in place.</summary>
    public static string Format(string key, CultureInfo? culture, params (string Name, string Value)[] arguments) =>
        Fill(Get(key, culture), arguments.ToDictionary(pair => pair.Name, pair => pair.Value));

    /// <summary>A text, or null when there is none.</summary>
    public static string? Find(string key, CultureInfo? culture = null) => Resources.GetString(key, Supported(culture ?? CultureInfo.CurrentUICulture));

    /// <summary>Every Chinese is served the one Chinese there is; everything else reads English.</summary>
    private static CultureInfo Supported(CultureInfo culture) => culture.TwoLetterISOLanguageName == "zh" ? Chinese : CultureInfo.InvariantCulture;

    /// <summary>Names in braces, since translators reorder them; a name without a value stays visible.</summary>
    private static string Fill(string text, IReadOnlyDictionary<string, string> arguments)
    {
        foreach (var (name, value) in arguments)
            text = text.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        return text;
    }
}
