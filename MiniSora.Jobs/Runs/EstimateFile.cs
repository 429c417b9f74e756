using System.Globalization;
using System.Text.RegularExpressions;

namespace MiniSora.Jobs.Runs;

/// <summary>Pictures of clips on their way, as artifacts. Their name says which step of how many they show.</summary>
public static partial class EstimateFile
{
    /// <summary>Kind of the artifacts: the clean estimate at a step of sampling.</summary>
    public const string Kind = "estimate";

    /// <summary>Steps in all, as the name says; null for any other file.</summary>
    public static long? StepsOf(string fileName) =>
        Name().Match(fileName) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    internal static string NameOf(int clip, int step, int steps) => string.Create(CultureInfo.InvariantCulture, $"clip-{clip:D3}-step-{step:D4}-of-{steps:D4}.webp");

    [GeneratedRegex(@"^clip-\d+-step-\d+-of-(\d{1,9})\.webp$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
