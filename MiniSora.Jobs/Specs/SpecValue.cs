using System.Globalization;

namespace MiniSora.Jobs.Specs;

/// <summary>Reads one value of a document, or of a form or command line, into the CLR type of its field.</summary>
internal static class SpecValue
{
    /// <summary>False with the code of the problem when the value has the wrong type or is no known choice.</summary>
    public static bool TryRead(SpecField field, YamlTree tree, out object? value, out string code)
    {
        code = "spec.wrong_type";
        value = null;
        switch (field.Type)
        {
            case SpecFieldType.TextList:
                value = Items(tree)?.Select(item => (item as YamlText)?.Value).ToArray() is { } texts && !texts.Contains(null) ? texts : null;
                return value is not null;
            case SpecFieldType.RealList:
                var numbers = Items(tree)?.Select(item => Real(item)).ToArray();
                value = numbers is not null && numbers.All(number => number is not null) ? numbers.Select(number => number!.Value).ToArray() : null;
                return value is not null;
            case SpecFieldType.Real:
                value = Real(tree);
                return value is not null;
            case SpecFieldType.Integer:
                value = Integer(field, tree);
                return value is not null;
            case SpecFieldType.Choice:
                code = "spec.unknown_choice";
                value = Enum.GetValues(field.ValueType).Cast<Enum>().FirstOrDefault(choice => tree is YamlText text && SnakeCase.From(choice) == text.Value);
                return value is not null;
            default:
                value = (tree as YamlText)?.Text;
                return value is not null;
        }
    }

    private static IReadOnlyList<YamlTree>? Items(YamlTree tree) => tree switch
    {
        YamlSequence sequence => sequence.Items,
        YamlText { IsNull: true } => [],
        _ => null,
    };

    private static double? Real(YamlTree tree) =>
        tree is YamlText { Quoted: false } text
        && double.TryParse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static object? Integer(SpecField field, YamlTree tree)
    {
        if (tree is not YamlText { Quoted: false } text || !long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return null;
        if (field.ValueType == typeof(long))
            return number;
        // Beyond int it is out of every range there is: hand the nearest value on, and the validator says so.
        return (int)Math.Clamp(number, int.MinValue, int.MaxValue);
    }
}
