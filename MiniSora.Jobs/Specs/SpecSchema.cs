using System.Reflection;
using MiniSora.Model;

namespace MiniSora.Jobs.Specs;

/// <summary>Kinds of run; the <c>kind</c> key of a YAML document.</summary>
public enum SpecKind
{
    /// <summary><see cref="TrainingSpec"/>.</summary>
    Training,

    /// <summary><see cref="SamplingSpec"/>.</summary>
    Sampling,

    /// <summary><see cref="EvaluationSpec"/>.</summary>
    Evaluation,

    /// <summary><see cref="EncoderSpec"/>.</summary>
    Encoder,

    /// <summary><see cref="ReplaySpec"/>.</summary>
    Replay,
}

/// <summary>
/// The one description of what a spec contains, read from the records and their <see cref="SettingAttribute"/>s.
/// Form, YAML, validation, texts and documentation follow it, so that a new property appears everywhere.
/// </summary>
public static class SpecSchema
{
    /// <summary>Fields of a training spec, in the order of the records.</summary>
    public static IReadOnlyList<SpecField> Training { get; } = Collect(new TrainingSpec());

    /// <summary>Fields of a sampling spec.</summary>
    public static IReadOnlyList<SpecField> Sampling { get; } = Collect(new SamplingSpec());

    /// <summary>Fields of an evaluation spec.</summary>
    public static IReadOnlyList<SpecField> Evaluation { get; } = Collect(new EvaluationSpec());

    /// <summary>Fields of an encoder spec.</summary>
    public static IReadOnlyList<SpecField> Encoder { get; } = Collect(new EncoderSpec());

    /// <summary>Fields of a replay spec.</summary>
    public static IReadOnlyList<SpecField> Replay { get; } = Collect(new ReplaySpec());

    private static readonly Dictionary<SpecKind, Dictionary<string, SpecField>> ByPath = new()
    {
        [SpecKind.Training] = Training.ToDictionary(field => field.Path),
        [SpecKind.Sampling] = Sampling.ToDictionary(field => field.Path),
        [SpecKind.Evaluation] = Evaluation.ToDictionary(field => field.Path),
        [SpecKind.Encoder] = Encoder.ToDictionary(field => field.Path),
        [SpecKind.Replay] = Replay.ToDictionary(field => field.Path),
    };

    /// <summary>Fields of a kind.</summary>
    public static IReadOnlyList<SpecField> For(SpecKind kind) => kind switch
    {
        SpecKind.Training => Training,
        SpecKind.Sampling => Sampling,
        SpecKind.Evaluation => Evaluation,
        SpecKind.Encoder => Encoder,
        SpecKind.Replay => Replay,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of run"),
    };

    /// <summary>Fields of a spec's kind.</summary>
    public static IReadOnlyList<SpecField> For(RunSpec spec) => For(KindOf(spec));

    /// <summary>The field at a path, or null.</summary>
    public static SpecField? Find(SpecKind kind, string path) => ByPath[kind].GetValueOrDefault(path);

    /// <summary>The kind of a spec.</summary>
    public static SpecKind KindOf(RunSpec spec) => spec switch
    {
        TrainingSpec => SpecKind.Training,
        SamplingSpec => SpecKind.Sampling,
        EvaluationSpec => SpecKind.Evaluation,
        EncoderSpec => SpecKind.Encoder,
        ReplaySpec => SpecKind.Replay,
        _ => throw new ArgumentException($"{spec.GetType()} has no kind.", nameof(spec)),
    };

    /// <summary>A spec with every default.</summary>
    public static RunSpec New(SpecKind kind) => kind switch
    {
        SpecKind.Training => new TrainingSpec(),
        SpecKind.Sampling => new SamplingSpec(),
        SpecKind.Evaluation => new EvaluationSpec(),
        SpecKind.Encoder => new EncoderSpec(),
        SpecKind.Replay => new ReplaySpec(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of run"),
    };

    private static List<SpecField> Collect(RunSpec defaults)
    {
        var fields = new List<SpecField>();
        Visit(defaults, [], fields);
        // The fields of the base record (name, seed, device) come first, as in the document.
        return [.. fields.Where(field => field.Group == "run"), .. fields.Where(field => field.Group != "run")];
    }

    private static void Visit(object at, PropertyInfo[] chain, List<SpecField> fields)
    {
        var properties = at.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.CanWrite)
            .OrderBy(property => Depth(property.DeclaringType!));
        foreach (var property in properties)
        {
            var value = property.GetValue(at);
            PropertyInfo[] inner = [.. chain, property];
            if (property.GetCustomAttribute<SettingAttribute>() is { } setting)
                fields.Add(new SpecField(inner, setting, value));
            else if (value is not null && property.PropertyType.Namespace?.StartsWith("MiniSora", StringComparison.Ordinal) == true)
                Visit(value, inner, fields);
            else
                throw new InvalidOperationException($"{property.DeclaringType}.{property.Name} needs a [Setting] or is no options record.");
        }
    }

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;
}
