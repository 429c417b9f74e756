using System.Globalization;

namespace MiniSora.Jobs.Specs;

/// <summary>Rules that concern one field: its <see cref="MiniSora.Model.SettingAttribute"/>.</summary>
internal static class SpecFieldRules
{
    public static void Check(SpecField field, object? value, List<SpecProblem> problems)
    {
        switch (value)
        {
            case string text:
                Text(field, text, problems);
                break;
            case int or long or double:
                Number(field, Convert.ToDouble(value, CultureInfo.InvariantCulture), problems);
                break;
            case IReadOnlyList<string> texts:
                Count(field, texts.Count, problems);
                foreach (var text in texts)
                    Text(field, text, problems);
                break;
            case IReadOnlyList<double> numbers:
                Count(field, numbers.Count, problems);
                foreach (var number in numbers)
                    Number(field, number, problems);
                break;
            case Enum choice when !Enum.IsDefined(field.ValueType, choice):
                problems.Add(SpecProblem.At("spec.unknown_choice", field.Path, null, ("value", choice.ToString()), ("choices", string.Join(", ", field.Choices))));
                break;
        }
    }

    private static void Text(SpecField field, string text, List<SpecProblem> problems)
    {
        var limit = field.Setting.MaxLength;
        if (limit > 0 && text.Length > limit)
            problems.Add(SpecProblem.At("spec.text_too_long", field.Path, null, ("max", Show(limit)), ("length", Show(text.Length))));
        if (!field.Setting.Optional && string.IsNullOrWhiteSpace(text))
            problems.Add(SpecProblem.At(field.Type == SpecFieldType.TextList ? "spec.empty_prompt" : "spec.text_empty", field.Path, null));
    }

    private static void Number(SpecField field, double number, List<SpecProblem> problems)
    {
        var setting = field.Setting;
        if (!double.IsFinite(number) || number < setting.Min || number > setting.Max)
            problems.Add(SpecProblem.At("spec.out_of_range", field.Path, null, ("value", Show(number)), ("min", Show(setting.Min)), ("max", Show(setting.Max)), ("unit", setting.Unit)));
        else if (setting.MultipleOf > 0 && number % setting.MultipleOf != 0)
            problems.Add(SpecProblem.At("spec.not_multiple", field.Path, null, ("value", Show(number)), ("of", Show(setting.MultipleOf))));
    }

    private static void Count(SpecField field, int count, List<SpecProblem> problems)
    {
        if (count < field.Setting.MinCount)
            problems.Add(SpecProblem.At("spec.too_few", field.Path, null, ("count", Show(count)), ("min", Show(field.Setting.MinCount))));
        if (count > field.Setting.MaxCount)
            problems.Add(SpecProblem.At("spec.too_many", field.Path, null, ("count", Show(count)), ("max", Show(field.Setting.MaxCount))));
    }

    private static string Show(double number) => number.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
}
