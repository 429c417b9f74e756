using System.Security.Cryptography;
using System.Text;

namespace MiniSora.Model.Datasets;

/// <summary>
/// Animated Fluent emoji on white, 16 frames over the whole loop by default, captioned in English and Chinese. Serves the
/// training part; one skin tone of every base that has them all is held out (base and tone seen, never together).
/// </summary>
public sealed class EmojiDataset : IVideoDataset
{
    private static readonly Caption[] Groups =
    [
        new("smileys and emotion", "笑脸与情感"), new("people and body", "人物与身体"), new("components", "组件"), new("animals and nature", "动物与自然"),
        new("food and drink", "食物与饮料"), new("travel and places", "旅行与地点"), new("activities", "活动"), new("objects", "物品"), new("symbols", "符号"), new("flags", "旗帜"),
    ];

    private readonly EmojiManifest manifest;
    private readonly ClipStore store;
    private readonly int[] training;
    private readonly int[] heldOut;

    private EmojiDataset(EmojiManifest manifest, ClipStore store, int frames, int size)
    {
        (this.manifest, this.store, Frames, Height, Width) = (manifest, store, frames, size, size);
        training = [.. Enumerable.Range(0, store.Count).Where(i => !manifest.Clips[i].HeldOut)];
        heldOut = [.. Enumerable.Range(0, store.Count).Where(i => manifest.Clips[i].HeldOut)];
        var identity = $"emoji/1 {store.Sha256} {EmojiManifest.Sha256Of(manifest.ToBytes())}";
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }

    /// <inheritdoc/>
    public string Id => DatasetCatalog.Emoji;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int Frames { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public long Count => training.Length;

    /// <summary>Number of held-out clips.</summary>
    public int HeldOutCount => heldOut.Length;

    /// <summary>Plain captions of the training clips, for suggestions.</summary>
    public IEnumerable<Caption> Captions => training.Select(i => EmojiCaptions.Plain(manifest.Clips[i]));

    /// <summary>Plain captions of the training clips, without opening the clips themselves; none where they have not been fetched.</summary>
    public static IReadOnlyList<Caption> CaptionsIn(string dataFolder) =>
        EmojiManifest.Read(EmojiPack.Folder(dataFolder)) is var (manifest, _) ? [.. manifest.Clips.Where(clip => !clip.HeldOut).Select(EmojiCaptions.Plain)] : [];

    /// <summary>Opens the prepared clips; makes those of a new size first, which takes about half a minute for the light selection.</summary>
    /// <param name="dataFolder">The product's data folder.</param>
    /// <param name="frames">T.</param>
    /// <param name="size">Height and width in pixels.</param>
    /// <exception cref="DatasetException">Missing, broken, busy, or disk full.</exception>
    public static EmojiDataset Open(string dataFolder, int frames, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var folder = EmojiPack.Folder(dataFolder);
        if (EmojiManifest.Read(folder) is not var (manifest, sha256))
            throw new DatasetException(
                DatasetErrors.Missing,
                "The animated emoji have not been fetched yet. Fetch them on the Datasets page or with `./minisora data prepare emoji`.",
                [DatasetCatalog.Emoji]);
        if (!ClipStore.Exists(folder, frames, size, sha256))
            EmojiPack.MakeSize(folder, manifest, sha256, frames, size, CancellationToken.None);
        var store = ClipStore.Open(DatasetCatalog.Emoji, folder, frames, size);
        return store.Count == manifest.Clips.Count
            ? new EmojiDataset(manifest, store, frames, size)
            : throw new DatasetException(
                DatasetErrors.Broken, "The animated emoji are damaged: clips and names do not agree. Prepare them again.", [DatasetCatalog.Emoji, "manifest"]);
    }

    /// <summary>The groups of emojibase, by their numbers.</summary>
    public IReadOnlyList<Caption> Classes => Groups;

    /// <inheritdoc/>
    public int ClassOf(long index) => Math.Clamp(manifest.Clips[training[index]].Group, 0, Groups.Length - 1);

    /// <inheritdoc/>
    public Clip Read(long index, SplitMix64 random)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Count, nameof(index));
        var i = training[index];
        return new Clip(store.Read(i), EmojiCaptions.Varied(manifest.Clips[i], ref random));
    }

    /// <summary>A held-out clip with its plain caption; <paramref name="index"/> in [0, <see cref="HeldOutCount"/>).</summary>
    public Clip ReadHeldOut(int index) => new(store.Read(heldOut[index]), EmojiCaptions.Plain(manifest.Clips[heldOut[index]]));
}
