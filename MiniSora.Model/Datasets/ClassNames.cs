using System.Globalization;
using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets;

/// <summary>The classes that a network was trained on, found by their number or by their name in either language.</summary>
public sealed class ClassNames(IReadOnlyList<Caption> names)
{
    /// <summary>By number.</summary>
    public IReadOnlyList<Caption> Names { get; } = names;

    /// <summary>The class that a text names, or null. Case and outer blanks do not matter; a whole number is a class's number.</summary>
    public int? Find(string text)
    {
        var wanted = text.Trim();
        for (var i = 0; i < Names.Count; i++)
        {
            if (string.Equals(Names[i].English, wanted, StringComparison.OrdinalIgnoreCase) || string.Equals(Names[i].Chinese, wanted, StringComparison.OrdinalIgnoreCase))
                return i;
        }

        return int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < Names.Count ? number : null;
    }

    /// <summary>The same, with a <see cref="SamplingException"/> that lists the nearest names in place of null.</summary>
    public int Require(string text)
    {
        if (Find(text) is { } found)
            return found;
        var nearest = string.Join(", ", Nearest(text, 3).Select(name => $"\"{name}\""));
        throw new SamplingException(
            "class_unknown",
            $"\"{text}\" is no class of this checkpoint. The nearest: {nearest}.",
            new Dictionary<string, string> { ["prompt"] = text, ["nearest"] = nearest });
    }

    /// <summary>The names most like a text, best first, in the text's language where a class has it.</summary>
    public IReadOnlyList<string> Nearest(string text, int count)
    {
        var chinese = text.Any(letter => letter is >= '\u4e00' and <= '\u9fff');
        var wanted = text.Trim().ToUpperInvariant();
        return [.. Names.Select(name => (chinese ? name.Chinese ?? name.English : name.English ?? name.Chinese)!)
            .OrderBy(name => Distance(wanted, name.ToUpperInvariant())).Take(count)];
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[b.Length];
    }
}
