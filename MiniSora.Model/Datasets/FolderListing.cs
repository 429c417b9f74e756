using System.Text.RegularExpressions;

namespace MiniSora.Model.Datasets;

/// <summary>A file of a folder with its caption, to be decoded.</summary>
/// <param name="File">Path relative to the folder, with <c>/</c>.</param>
/// <param name="Caption">Its caption.</param>
internal sealed record ListedFile(string File, Caption Caption);

/// <summary>Finds the videos of a folder and their captions; whatever is wrong with a line or file is said, not dropped.</summary>
internal static partial class FolderListing
{
    private const int LongestCaption = 500;

    private static readonly HashSet<string> Videos = new(StringComparer.OrdinalIgnoreCase)
    {
        ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".gif", ".flv", ".ogv", ".wmv", ".y4m",
    };

    internal static (IReadOnlyList<ListedFile> Files, List<RefusedFile> Refused) Of(string folder) =>
        CaptionTable.Read(folder) is { } rows ? FromRows(folder, rows) : FromClasses(folder);

    private static (IReadOnlyList<ListedFile>, List<RefusedFile>) FromRows(string folder, IReadOnlyList<CaptionRow> rows)
    {
        var (files, refused, seen) = (new List<ListedFile>(), new List<RefusedFile>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var row in rows)
        {
            if (Problem(folder, row) is { } reason)
                refused.Add(new RefusedFile(row.Path, reason, ""));
            else if (!seen.Add(Inside(folder, row.Path)!))
                refused.Add(new RefusedFile(row.Path, FolderRefusals.FileTwice, ""));
            else
                files.Add(new ListedFile(row.Path, new Caption(OrNull(row.English), OrNull(row.Chinese))));
        }

        return (files, refused);

        static string? OrNull(string text) => text.Length == 0 ? null : text;
    }

    private static string? Problem(string folder, CaptionRow row)
    {
        if (row.English.Length == 0 && row.Chinese.Length == 0)
            return FolderRefusals.CaptionMissing;
        if (Math.Max(row.English.Length, row.Chinese.Length) > LongestCaption)
            return FolderRefusals.CaptionTooLong;
        if (Inside(folder, row.Path) is not { } path)
            return FolderRefusals.FileOutside;
        return File.Exists(path) ? null : FolderRefusals.FileMissing;
    }

    /// <summary>The full path, or null where it leads out of the folder, by dots or by a link.</summary>
    private static string? Inside(string folder, string relative)
    {
        if (relative.Length == 0 || relative.Contains('\0', StringComparison.Ordinal) || Path.IsPathRooted(relative))
            return null;
        var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(Path.Combine(folder, relative));
        if (!path.StartsWith(root, StringComparison.Ordinal))
            return null;
        for (var part = path; part.Length > root.Length; part = Path.GetDirectoryName(part)!)
            if (new FileInfo(part).LinkTarget is not null)
                return null;
        return path;
    }

    private static (IReadOnlyList<ListedFile>, List<RefusedFile>) FromClasses(string folder)
    {
        var (files, refused) = (new List<ListedFile>(), new List<RefusedFile>());
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden };
        foreach (var path in Directory.EnumerateFiles(folder, "*", options).Order(StringComparer.Ordinal))
        {
            if (!Videos.Contains(Path.GetExtension(path)))
                continue;
            var relative = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
            var slash = relative.LastIndexOf('/');
            if (slash < 0)
                refused.Add(new RefusedFile(relative, FolderRefusals.CaptionMissing, "neither in a class folder nor in a captions file"));
            else
                files.Add(new ListedFile(relative, ClassCaption(ClassFolder(relative)!)));
        }

        return (files, refused);
    }

    /// <summary>The innermost folder of a path relative to the source, or null for a file that lies in none.</summary>
    internal static string? ClassFolder(string relative)
    {
        var slash = relative.LastIndexOf('/');
        return slash < 0 ? null : relative[(slash == 0 ? 0 : relative.LastIndexOf('/', slash - 1) + 1)..slash];
    }

    /// <summary><c>ApplyEyeMakeup</c>, <c>apply_eye_makeup</c> and <c>apply-eye-makeup</c> all read "apply eye makeup".</summary>
    internal static Caption ClassCaption(string folderName)
    {
        var words = Boundary().Replace(folderName.Replace('_', ' ').Replace('-', ' '), " ").Trim();
        var text = Blanks().Replace(words, " ");
        if (text.Length > LongestCaption)
            text = text[..LongestCaption];
        if (text.Any(letter => letter is >= '\u4e00' and <= '\u9fff'))
            return new Caption(null, text);
#pragma warning disable CA1308 // captions are lower case
        return new Caption(text.ToLowerInvariant(), null);
#pragma warning restore CA1308
    }

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex Boundary();

    [GeneratedRegex(" +", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();
}
