using System.Text.Json;
using MiniSora.Model.Media;

namespace MiniSora.Model.Datasets;

/// <summary>One clip of an imported folder.</summary>
internal sealed record FolderClip(string File, string? English, string? Chinese);

/// <summary>What an import found: clips in the order of the cache, refused files, and where they came from.</summary>
internal sealed record FolderManifest(
    int Format, string Source, int Frames, int Size, IReadOnlyList<FolderClip> Clips, IReadOnlyList<RefusedFile> Refused)
{
    internal const int CurrentFormat = 1;
    private const string Name = "folder.json";

    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    internal static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Name));

    internal static void Write(string folder, byte[] bytes) => AtomicFile.Write(Path.Combine(folder, Name), stream => stream.Write(bytes));

    /// <summary>The manifest and its SHA-256, or null where there is none.</summary>
    /// <exception cref="DatasetException">Damaged.</exception>
    internal static (FolderManifest Manifest, string Sha256)? Read(string folder, string name)
    {
        if (!IsIn(folder))
            return null;
        var bytes = File.ReadAllBytes(Path.Combine(folder, Name));
        try
        {
            if (JsonSerializer.Deserialize<FolderManifest>(bytes, Json) is { Format: CurrentFormat } manifest)
                return (manifest, EmojiManifest.Sha256Of(bytes));
        }
        catch (JsonException)
        {
            // falls through: damaged and of another format are the same to the reader
        }

        throw new DatasetException(DatasetErrors.Broken, $"The list of clips of {name} is damaged. Import the folder again.", [name, Name]);
    }
}
