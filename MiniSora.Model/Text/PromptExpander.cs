using MiniSora.Model.Datasets;

namespace MiniSora.Model.Text;

/// <summary>A short prompt, made into one that a model of a dataset was trained on.</summary>
/// <param name="Prompt">For the person to see, and to change, before it is used.</param>
/// <param name="Added">What the short one left open, in the words of the new one; empty when nothing was added.</param>
public sealed record Expansion(string Prompt, IReadOnlyList<string> Added);

/// <summary>
/// Prompt expansion (models.md §3, row 6) without a language model: attributes that a prompt names are kept, the others are drawn, by the seed. In the
/// prompt's own language.
/// </summary>
public static class PromptExpander
{
    /// <summary>Longer words of a prompt that a caption must share to be meant, at least so many of them in a hundred.</summary>
    private const int LeastShare = 50;

    /// <summary>The expansion, or null where nothing in the prompt is known to the dataset.</summary>
    /// <param name="dataset">Identifier of what the model was trained on.</param>
    /// <param name="prompt">Any text; empty: everything is drawn.</param>
    /// <param name="seed">The same seed fills in the same.</param>
    /// <param name="captions">Captions of the dataset, for sets other than the moving shapes.</param>
    /// <param name="chinese">Language of an expanded empty prompt.</param>
    public static Expansion? Expand(string dataset, string prompt, long seed, IReadOnlyList<Caption> captions, bool chinese = false)
    {
        var text = prompt.Trim();
        chinese = text.Length == 0 ? chinese : text.Any(IsHan);
        var random = SplitMix64.For((ulong)seed, SeedLanes.Expansion);
        return dataset == DatasetCatalog.Shapes ? OfShapes(text, chinese, ref random) : OfCaptions(dataset, text, chinese, captions, ref random);
    }

    private static Expansion? OfShapes(string prompt, bool chinese, ref SplitMix64 random)
    {
        if (ShapeCaptions.Parse(prompt) is not null)
            return new(prompt, []);
        var wish = ShapeWish.Read(prompt, chinese);
        if (prompt.Length > 0 && wish.Named == 0)
            return null;
        // Combinations that training never showed are drawn only where they were asked for.
        var fitting = ShapeCombo.Seen.Where(wish.Allows).ToList();
        if (fitting.Count == 0)
            fitting = [.. ShapeCombo.All.Where(wish.Allows)];
        var combo = fitting[(int)random.Below(fitting.Count)];
        return new(chinese ? ShapeCaptions.Chinese(combo) : ShapeCaptions.English(combo), wish.Missing(combo, chinese));
    }

    private static Expansion? OfCaptions(string dataset, string prompt, bool chinese, IReadOnlyList<Caption> captions, ref SplitMix64 random)
    {
        var texts = captions.Select(caption => chinese ? caption.Chinese : caption.English).OfType<string>().Where(text => text.Length > 0).Distinct().ToList();
        var asked = Words(prompt);
        if (texts.Count == 0 || (prompt.Length > 0 && asked.Count == 0))
            return null;
        int Share(string text) => asked.Count == 0 ? 100 : 100 * asked.Count(Words(text).Contains) / asked.Count;
        var scored = texts.Select(text => (Text: text, Share: Share(text), Length: Words(text).Count)).Where(item => item.Share >= LeastShare).ToList();
        if (scored.Count == 0)
            return null;
        // As many of the prompt's words as can be had, and as few others.
        var most = scored.Max(item => item.Share);
        var best = scored.Where(item => item.Share == most).ToList();
        var shortest = asked.Count == 0 ? int.MaxValue : best.Min(item => item.Length);
        var meant = best.Where(item => item.Length <= shortest).ToList();
        var chosen = meant[(int)random.Below(meant.Count)].Text;
        var sentence = dataset != DatasetCatalog.Emoji ? chosen : chinese ? $"{chosen}的动画表情" : $"an animated emoji of {chosen}";
        return new(sentence, [.. Words(sentence).Where(word => !asked.Contains(word))]);
    }

    private static List<string> Words(string text) => [.. CaptionWords.Split(text).Where(word => word.Length > 1 ? word is not ("an" or "the" or "of") : IsHan(word[0])).Distinct()];

    private static bool IsHan(char letter) => letter is >= '\u3400' and <= '\u9fff';
}
