using System.Reflection;
using MiniSora.Model;

namespace MiniSora.Jobs.Specs;

/// <summary>What a person types for a field.</summary>
public enum SpecFieldType
{
    /// <summary><see cref="string"/>.</summary>
    Text,

    /// <summary><see cref="int"/> or <see cref="long"/>.</summary>
    Integer,

    /// <summary><see cref="double"/>.</summary>
    Real,

    /// <summary>An enum, written in snake_case.</summary>
    Choice,

    /// <summary>A list of <see cref="string"/>.</summary>
    TextList,

    /// <summary>A list of <see cref="double"/>.</summary>
    RealList,
}

/// <summary>One value of a spec: what the form shows, YAML reads and writes, validation checks and the documentation lists.</summary>
public sealed class SpecField
{
    private readonly PropertyInfo[] chain;

    internal SpecField(PropertyInfo[] chain, SettingAttribute setting, object? defaultValue)
    {
        this.chain = chain;
        Setting = setting;
        Default = defaultValue;
        Path = string.Join('.', chain.Select(property => SnakeCase.From(property.Name)));
        Group = chain.Length == 1 ? "run" : SnakeCase.From(chain[0].Name);
        var type = chain[^1].PropertyType;
        ValueType = type;
        Type = TypeOf(type, Path);
        Choices = type.IsEnum ? [.. Enum.GetNames(type).Select(SnakeCase.From)] : [];
    }

    /// <summary>Place in the YAML document, e.g. <c>training.learning_rate</c>. Also the key of its texts.</summary>
    public string Path { get; }

    /// <summary>Section of the form: the first name of the path, or <c>run</c> for the fields at the root.</summary>
    public string Group { get; }

    /// <summary>Kind of value.</summary>
    public SpecFieldType Type { get; }

    /// <summary>CLR type of the value.</summary>
    public Type ValueType { get; }

    /// <summary>The value of a new spec.</summary>
    public object? Default { get; }

    /// <summary>Choices in snake_case, in the order of the enum; empty for other types.</summary>
    public IReadOnlyList<string> Choices { get; }

    /// <summary>Range, unit, length limits.</summary>
    public SettingAttribute Setting { get; }

    /// <summary>Smallest allowed value or null.</summary>
    public double? Min => double.IsNegativeInfinity(Setting.Min) ? null : Setting.Min;

    /// <summary>Largest allowed value or null.</summary>
    public double? Max => double.IsPositiveInfinity(Setting.Max) ? null : Setting.Max;

    /// <summary>Unit shown after the value; may be empty.</summary>
    public string Unit => Setting.Unit;

    /// <summary>Shown under "more settings".</summary>
    public bool Advanced => Setting.Advanced;

    /// <summary>The value in <paramref name="spec"/>; enums as their CLR value.</summary>
    public object? Get(RunSpec spec)
    {
        object? at = spec;
        foreach (var property in chain)
            at = property.GetValue(at);
        return at;
    }

    /// <summary>A copy of <paramref name="spec"/> with this one value replaced. The value has <see cref="ValueType"/>.</summary>
    public TSpec With<TSpec>(TSpec spec, object? value) where TSpec : RunSpec => (TSpec)Replace(spec, 0, value);

    /// <summary>The value as it is written in YAML; choices in snake_case.</summary>
    public string Format(object? value) => SpecYaml.Scalar(this, value);

    private object Replace(object target, int depth, object? value)
    {
        var copy = RecordCopy.Of(target);
        var property = chain[depth];
        property.SetValue(copy, depth == chain.Length - 1 ? value : Replace(property.GetValue(target)!, depth + 1, value));
        return copy;
    }

    private static SpecFieldType TypeOf(Type type, string path) => type switch
    {
        _ when type == typeof(string) => SpecFieldType.Text,
        _ when type == typeof(int) || type == typeof(long) => SpecFieldType.Integer,
        _ when type == typeof(double) => SpecFieldType.Real,
        _ when type.IsEnum => SpecFieldType.Choice,
        _ when type == typeof(IReadOnlyList<string>) => SpecFieldType.TextList,
        _ when type == typeof(IReadOnlyList<double>) => SpecFieldType.RealList,
        _ => throw new InvalidOperationException($"The schema knows no field type for {type} (at {path})."),
    };
}
