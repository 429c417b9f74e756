using System.Text;
using System.Text.Json;

namespace MiniSora.Model.Datasets;

/// <summary>One line of a captions file.</summary>
/// <param name="Path">As written, relative to the folder.</param>
/// <param name="English">Caption, or empty.</param>
/// <param name="Chinese">Caption, or empty.</param>
internal sealed record CaptionRow(string Path, string English, string Chinese);

/// <summary>Reads <c>captions.csv</c> (RFC 4180, with a header) and <c>captions.jsonl</c> (one object a line).</summary>
internal static class CaptionTable
{
    /// <summary>The rows of the folder's captions file, or null where it has none. CSV wins when both are there.</summary>
    /// <exception cref="DatasetException">Unreadable.</exception>
    internal static IReadOnlyList<CaptionRow>? Read(string folder)
    {
        var csv = Path.Combine(folder, "captions.csv");
        var lines = Path.Combine(folder, "captions.jsonl");
        if (File.Exists(csv))
            return Csv(csv);
        return File.Exists(lines) ? JsonLines(lines) : null;
    }

    private static List<CaptionRow> Csv(string path)
    {
        var records = Records(File.ReadAllText(path), path);
        if (records.Count == 0)
            throw Broken(path, "it is empty");
        var header = records[0].Select(name => name.Trim().ToUpperInvariant()).ToList();
        var (file, english, chinese) = (header.IndexOf("PATH"), header.IndexOf("CAPTION"), header.IndexOf("CAPTION_ZH"));
        if (file < 0 || (english < 0 && chinese < 0))
            throw Broken(path, "the first line must name the columns: path,caption[,caption_zh]");
        return [.. records.Skip(1).Where(record => record.Any(field => field.Length > 0)).Select(record => new CaptionRow(Field(record, file), Field(record, english), Field(record, chinese)))];

        static string Field(List<string> record, int column) => column >= 0 && column < record.Count ? record[column].Trim() : "";
    }

    private static List<List<string>> Records(string text, string path)
    {
        var records = new List<List<string>>();
        var record = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var letter = text[i];
            if (quoted)
            {
                if (letter != '"')
                    field.Append(letter);
                else if (i + 1 < text.Length && text[i + 1] == '"')
                    field.Append(text[++i]);
                else
                    quoted = false;
            }
            else if (letter == '"' && field.Length == 0)
                quoted = true;
            else if (letter == ',')
                EndField();
            else if (letter == '\n')
                EndRecord();
            else if (letter != '\r' || i + 1 >= text.Length || text[i + 1] != '\n')
                field.Append(letter);
        }

        if (quoted)
            throw Broken(path, "a quotation mark is not closed");
        if (field.Length > 0 || record.Count > 0)
            EndRecord();
        return records;

        void EndField()
        {
            record.Add(field.ToString());
            field.Clear();
        }

        void EndRecord()
        {
            EndField();
            records.Add(record);
            record = [];
        }
    }

    private static List<CaptionRow> JsonLines(string path)
    {
        var rows = new List<CaptionRow>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var row = JsonDocument.Parse(line);
                rows.Add(new CaptionRow(Text(row, "path"), Text(row, "caption"), Text(row, "caption_zh")));
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                throw Broken(path, $"line {number} is not an object with path and caption as texts");
            }
        }

        return rows;

        static string Text(JsonDocument row, string name) =>
            row.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString()!.Trim() : "";
    }

    private static DatasetException Broken(string path, string what) => new(
        DatasetErrors.CaptionsBroken, $"{Path.GetFileName(path)} cannot be used: {what}.", [Path.GetFileName(path), what]);
}
