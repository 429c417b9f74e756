using System.Text;

namespace MiniSora.Jobs.Specs;

/// <summary>CLR names as they are written in YAML and resource keys: <c>LearningRate</c> is <c>learning_rate</c>, <c>Fp32</c> is <c>fp32</c>.</summary>
public static class SnakeCase
{
    /// <summary>The snake_case form of a PascalCase name.</summary>
    public static string From(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]))
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary>The snake_case form of an enum value.</summary>
    public static string From(Enum value) => From(value.ToString());
}
