using System.Text.Json;

namespace MiniSora.Model.Datasets;

/// <summary>Names of emoji in English and Chinese, from the archive of emojibase-data.</summary>
internal sealed class EmojiNames
{
    private readonly Dictionary<string, Entry> byCode = new(StringComparer.Ordinal);

    /// <param name="Base">Code without skin tone.</param>
    /// <param name="Tone">0 default, 1–5, −1 several.</param>
    /// <param name="Group">emojibase group, −1 none.</param>
    /// <param name="English">Label.</param>
    /// <param name="Chinese">Label.</param>
    /// <param name="EnglishTags">Further words.</param>
    /// <param name="ChineseTags">Further words.</param>
    internal sealed record Entry(
        string Base, int Tone, int Group, string English, string Chinese, IReadOnlyList<string> EnglishTags, IReadOnlyList<string> ChineseTags);

    /// <summary>Reads <c>en/data.json</c> and <c>zh/data.json</c> straight out of the archive.</summary>
    internal static EmojiNames Read(string archive)
    {
        Dictionary<string, Row>? english = null, chinese = null;
        foreach (var (name, content) in PackageArchive.Entries(archive, name => name is "package/en/data.json" or "package/zh/data.json"))
        {
            var rows = Rows(content);
            if (name == "package/en/data.json")
                english = rows;
            else
                chinese = rows;
        }

        if (english is null || chinese is null)
            throw new InvalidDataException($"{Path.GetFileName(archive)} lacks en/data.json or zh/data.json");
        var names = new EmojiNames();
        foreach (var (code, row) in english)
            if (chinese.TryGetValue(code, out var other))
                names.byCode[code] = new Entry(row.Base, row.Tone, row.Group, row.Label, other.Label, row.Tags, other.Tags);
        return names;
    }

    /// <summary>The names of a file's code points, or null. Presentation selectors do not count.</summary>
    internal Entry? Find(string code) => byCode.GetValueOrDefault(Normal(code));

    private static Dictionary<string, Row> Rows(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var rows = new Dictionary<string, Row>(StringComparer.Ordinal);
        foreach (var emoji in document.RootElement.EnumerateArray())
        {
            var code = Normal(emoji.GetProperty("hexcode").GetString()!);
            var tags = emoji.TryGetProperty("tags", out var list) ? list.EnumerateArray().Select(tag => tag.GetString()!).ToArray() : [];
            var group = emoji.TryGetProperty("group", out var number) ? number.GetInt32() : -1;
            rows[code] = new Row(code, 0, group, emoji.GetProperty("label").GetString()!, tags);
            if (!emoji.TryGetProperty("skins", out var skins))
                continue;
            foreach (var skin in skins.EnumerateArray())
            {
                var tone = skin.TryGetProperty("tone", out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : -1;
                rows[Normal(skin.GetProperty("hexcode").GetString()!)] = new Row(code, tone, group, skin.GetProperty("label").GetString()!, tags);
            }
        }

        return rows;
    }

    private static string Normal(string code) =>
        string.Join('-', code.ToUpperInvariant().Split('-').Where(part => part != "FE0F"));

    private sealed record Row(string Base, int Tone, int Group, string Label, string[] Tags);
}
