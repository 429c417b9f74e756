using System.Text;

namespace MiniSora.Model.Text;

/// <summary>
/// minitok-v1: ids 0 PAD, 1 BOS, 2 EOS, 3 NULL, 4…259 the bytes, then words and single Han characters of the training
/// captions seen at least twice, most frequent first (ties by ordinal). A word outside it becomes its UTF-8 bytes, so any
/// text in any language has an encoding.
/// </summary>
public sealed class Vocabulary
{
    /// <summary>Filler behind the end.</summary>
    public const int Pad = 0;

    /// <summary>Start of a caption.</summary>
    public const int Begin = 1;

    /// <summary>End of a caption.</summary>
    public const int End = 2;

    /// <summary>The null caption of classifier-free guidance.</summary>
    public const int Null = 3;

    private const int FirstByte = 4;
    private const int FirstWord = FirstByte + 256;
    private const int Largest = 4096;
    private const int FewestSightings = 2;

    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);

    /// <summary>From the words in id order, as a checkpoint keeps them.</summary>
    public Vocabulary(IReadOnlyList<string> words)
    {
        Words = words;
        for (var i = 0; i < words.Count; i++)
        {
            if (!ids.TryAdd(words[i], FirstWord + i))
                throw new ArgumentException($"word '{words[i]}' is in the vocabulary twice", nameof(words));
        }
    }

    /// <summary>Words in id order.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Number of ids.</summary>
    public int Size => FirstWord + Words.Count;

    /// <summary>Counts the words of <paramref name="captions"/>.</summary>
    public static Vocabulary Build(IEnumerable<string> captions)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var caption in captions)
            foreach (var word in CaptionWords.Split(caption))
                counts[word] = counts.GetValueOrDefault(word) + 1;
        return new Vocabulary([.. counts
            .Where(pair => pair.Value >= FewestSightings)
            .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Take(Largest - FirstWord)
            .Select(pair => pair.Key)]);
    }

    /// <summary>
    /// Ids of exactly <paramref name="length"/>: BOS, words, EOS, PAD. Empty text is the null caption. A longer text keeps its
    /// first <paramref name="length"/> − 2 ids.
    /// </summary>
    public EncodedCaption Encode(string text, int length)
    {
        var words = new List<int>();
        foreach (var word in CaptionWords.Split(text))
        {
            if (ids.TryGetValue(word, out var id))
                words.Add(id);
            else
                words.AddRange(Encoding.UTF8.GetBytes(word).Select(value => FirstByte + value));
        }

        return words.Count == 0 ? EncodeNull(length) : Frame(words, length);
    }

    /// <summary>The null caption: BOS, NULL, EOS.</summary>
    public static EncodedCaption EncodeNull(int length) => Frame([Null], length);

    private static EncodedCaption Frame(List<int> words, int length)
    {
        var kept = Math.Min(words.Count, length - 2);
        var tokens = new long[length];
        tokens[0] = Begin;
        for (var i = 0; i < kept; i++)
            tokens[i + 1] = words[i];
        tokens[kept + 1] = End;
        return new EncodedCaption(tokens, kept + 2, words.Count + 2);
    }
}

/// <summary>A caption as ids.</summary>
/// <param name="Tokens">Ids, padded.</param>
/// <param name="Used">Ids before the padding.</param>
/// <param name="Wanted">Ids the whole text would need; more than <paramref name="Used"/> when it was cut.</param>
public sealed record EncodedCaption(long[] Tokens, int Used, int Wanted);
