using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using MiniSora.Model.Media;

namespace MiniSora.Model.Datasets;

/// <summary>One animated emoji.</summary>
/// <param name="Code">Code points, lower case, e.g. <c>1f44b-1f3fb</c>.</param>
/// <param name="Base">The same without skin tone.</param>
/// <param name="Tone">0 default, 1–5 light to dark, −1 several tones in one picture.</param>
/// <param name="Group">emojibase group: 0 smileys, 1 people, 3 animals, 4 food, 5 travel, 6 activities, 7 objects, 8 symbols, 9 flags.</param>
/// <param name="English">Label.</param>
/// <param name="Chinese">Label.</param>
/// <param name="EnglishTags">Further words.</param>
/// <param name="ChineseTags">Further words.</param>
/// <param name="SourceFrames">Frames of the animation.</param>
/// <param name="HeldOut">Kept from training: see <see cref="EmojiHoldOut"/>.</param>
internal sealed record EmojiClip(
    string Code, string Base, int Tone, int Group, string English, string Chinese,
    IReadOnlyList<string> EnglishTags, IReadOnlyList<string> ChineseTags, int SourceFrames, bool HeldOut);

/// <summary>Where a clip's pictures come from.</summary>
internal sealed record EmojiSource(string Package, string Version, string Sha256);

/// <summary>What has been prepared: the clips in the order of every cache, and the archives they come from.</summary>
internal sealed record EmojiManifest(int Format, EmojiSelection Selection, IReadOnlyList<EmojiSource> Sources, string Decoder, IReadOnlyList<EmojiClip> Clips)
{
    internal const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    internal static string PathIn(string folder) => Path.Combine(folder, "manifest.json");

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    internal static string Sha256Of(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal static void Write(string folder, byte[] bytes) => AtomicFile.Write(PathIn(folder), stream => stream.Write(bytes));

    /// <summary>The manifest and its SHA-256, or null where there is none of this format.</summary>
    internal static (EmojiManifest Manifest, string Sha256)? Read(string folder)
    {
        if (!File.Exists(PathIn(folder)))
            return null;
        try
        {
            var bytes = File.ReadAllBytes(PathIn(folder));
            return JsonSerializer.Deserialize<EmojiManifest>(bytes, Json) is { Format: CurrentFormat } manifest
                ? (manifest, Sha256Of(bytes))
                : null;
        }
        catch (JsonException)
        {
            return null; // written by rename, so this is damage or another format: prepared anew
        }
    }
}

/// <summary>
/// The compositional hold-out: of every base that exists in the default and all five skin tones, one tone is kept from
/// training, so that its base and its tone are both seen, but never together. Bases are sorted by code; base i gives
/// tone 1 + (i mod 5). With the light selection only the bases of its package count.
/// </summary>
internal static class EmojiHoldOut
{
    internal static IReadOnlyList<EmojiClip> Mark(IReadOnlyList<EmojiClip> clips)
    {
        var tones = clips
            .Where(clip => clip.Tone >= 0)
            .GroupBy(clip => clip.Base)
            .Where(group => group.Select(clip => clip.Tone).Distinct().Count() == 6)
            .Select(group => group.Key)
            .Order(StringComparer.Ordinal)
            .Select((code, i) => (code, Tone: 1 + i % 5))
            .ToDictionary(pair => pair.code, pair => pair.Tone);
        return [.. clips.Select(clip => clip with { HeldOut = tones.TryGetValue(clip.Base, out var tone) && clip.Tone == tone })];
    }
}
