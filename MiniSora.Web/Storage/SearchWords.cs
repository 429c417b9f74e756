namespace MiniSora.Web.Storage;

/// <summary>What people type into a search field, as patterns for LIKE.</summary>
internal static class SearchWords
{
    public const string Escape = "\\";

    /// <summary>One pattern per word, at most eight.</summary>
    public static IEnumerable<string> Of(string? text) =>
        (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(8).Select(word =>
            $"%{word.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal)}%");
}
