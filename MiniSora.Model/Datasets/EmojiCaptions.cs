namespace MiniSora.Model.Datasets;

/// <summary>Captions of animated emoji: the label alone, as a sentence, or with some of its tags.</summary>
internal static class EmojiCaptions
{
    private const int Tags = 3;

    /// <summary>The label alone, as evaluation and suggestions use it.</summary>
    internal static Caption Plain(EmojiClip clip) => new(clip.English, clip.Chinese);

    /// <summary>For training: label 3 in 8, sentence 3 in 8, label with up to three tags 2 in 8; both languages drawn apart.</summary>
    internal static Caption Varied(EmojiClip clip, ref SplitMix64 random)
    {
        var english = random.Below(8) switch
        {
            < 3 => clip.English,
            < 6 => $"an animated emoji of {clip.English}",
            _ => Tagged(clip.English, clip.EnglishTags, ", ", ref random),
        };
        var chinese = random.Below(8) switch
        {
            < 3 => clip.Chinese,
            < 6 => $"{clip.Chinese}的动画表情",
            _ => Tagged(clip.Chinese, clip.ChineseTags, "，", ref random),
        };
        return new Caption(english, chinese);
    }

    private static string Tagged(string label, IReadOnlyList<string> tags, string separator, ref SplitMix64 random)
    {
        var left = tags.Where(tag => tag != label).ToList();
        var text = label;
        for (var i = 0; i < Tags && left.Count > 0; i++)
        {
            var pick = (int)random.Below(left.Count);
            text += separator + left[pick];
            left.RemoveAt(pick);
        }

        return text;
    }
}
