using System.Text.Json;
using MiniSora.Web.Localization;

namespace MiniSora.Web.Papers;

/// <summary>A section of the library.</summary>
public sealed record LibrarySection(string Id, string En, string Zh, string AboutEn, string AboutZh, IReadOnlyList<LibraryEntry> Entries)
{
    public string Name => Bilingual.Of(En, Zh);

    public string About => Bilingual.Of(AboutEn, AboutZh);
}

/// <summary>Something to read.</summary>
/// <param name="Paper">Slug of its page in the reading plan; null when it is not in the plan.</param>
public sealed record LibraryEntry(string Title, string Url, string? Code, string Venue, IReadOnlyList<string> Tags, string? Paper = null);

/// <summary>The community's curated list, in eighteen sections; it ships with the product as <c>library.json</c>.</summary>
internal static class Library
{
    /// <summary>In the order of the list.</summary>
    public static IReadOnlyList<LibrarySection> Sections { get; } = Read();

    /// <summary>What fits: every word in title, venue, tags or the section's name in either language; sections without any are left out.</summary>
    public static IReadOnlyList<(LibrarySection Section, IReadOnlyList<LibraryEntry> Entries)> Find(string? section, string? text)
    {
        var words = (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return
        [
            .. Sections.Where(candidate => section is null || candidate.Id == section)
                .Select(candidate => (candidate, (IReadOnlyList<LibraryEntry>)[.. candidate.Entries.Where(entry => words.All(word => Has(candidate, entry, word)))]))
                .Where(found => found.Item2.Count > 0),
        ];
    }

    private static bool Has(LibrarySection section, LibraryEntry entry, string word) =>
        new[] { entry.Title, entry.Venue, section.En, section.Zh }.Concat(entry.Tags).Any(text => text.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static LibrarySection[] Read()
    {
        using var stream = typeof(Library).Assembly.GetManifestResourceStream("MiniSora.Web.Papers.library.json") ?? throw new InvalidOperationException("The library is not in the program.");
        return JsonSerializer.Deserialize<LibrarySection[]>(stream, JsonSerializerOptions.Web) ?? throw new InvalidOperationException("The library is empty.");
    }
}
