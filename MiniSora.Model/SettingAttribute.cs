namespace MiniSora.Model;

/// <summary>
/// What a person may type for one property of an options record. One schema reads it and drives the
/// form, YAML, validation and the documentation. Texts live in the resource files, under the property's YAML path.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute : Attribute
{
    /// <summary>Smallest allowed value, inclusive. For lists: of each element.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest allowed value, inclusive. For lists: of each element.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>The value must be a multiple of this; 0 means any value.</summary>
    public int MultipleOf { get; init; }

    /// <summary>Longest allowed text in characters; 0 means no limit. For lists: of each element.</summary>
    public int MaxLength { get; init; }

    /// <summary>Fewest and most elements of a list.</summary>
    public int MinCount { get; init; }

    /// <summary>See <see cref="MinCount"/>.</summary>
    public int MaxCount { get; init; } = int.MaxValue;

    /// <summary>Unit as shown after the number: "steps", "s", "px". Empty when it has none.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Hidden behind "more settings" in the form.</summary>
    public bool Advanced { get; init; }

    /// <summary>An empty text is allowed.</summary>
    public bool Optional { get; init; }
}
