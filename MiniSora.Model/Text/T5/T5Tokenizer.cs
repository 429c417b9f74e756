using Microsoft.ML.Tokenizers;

namespace MiniSora.Model.Text.T5;

/// <summary>A text's ids for T5.</summary>
/// <param name="Ids">Ends with the end mark, then padding.</param>
/// <param name="Used">Ids before the padding.</param>
internal sealed record T5Ids(long[] Ids, int Used);

/// <summary>
/// T5's tokenizer: a SentencePiece unigram model (<c>spiece.model</c>; Kudo 2018) through Microsoft.ML.Tokenizers. Ids 0 padding, 1 end of text,
/// 2 unknown; there is no mark for the beginning. T5's own model knows no Chinese: those characters become unknown (mT5's knows them).
/// </summary>
internal sealed class T5Tokenizer
{
    /// <summary>Filler behind the end.</summary>
    public const int Pad = 0;

    /// <summary>End of a text.</summary>
    public const int End = 1;

    /// <summary>Published models have less than 5 MB.</summary>
    private const int LargestModel = 64 << 20;

    // TrainerSpec.bos_id (field 41, varint): −1 as it is written, and a 1 of the same length.
    private static readonly byte[] NoBegin = [0xC8, 0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
    private static readonly byte[] SomeBegin = [0xC8, 0x02, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    private readonly SentencePieceTokenizer pieces;

    /// <summary>From the bytes of a model. Throws <see cref="Weights.PretrainedException"/> when they are none.</summary>
    public T5Tokenizer(byte[] model)
    {
        if (model.Length > LargestModel)
            throw new Weights.PretrainedException($"a SentencePiece model of {model.Length} bytes is impossible");
        using var stream = new MemoryStream(WithBegin(model));
        pieces = Guarded(() => SentencePieceTokenizer.Create(stream, false, false));
    }

    /// <summary>From a file. Throws <see cref="Weights.PretrainedException"/> when it is missing.</summary>
    public static T5Tokenizer Open(string path) =>
        File.Exists(path) ? new T5Tokenizer(File.ReadAllBytes(path)) : throw new Weights.PretrainedException($"{path} is missing: the tokenizer's SentencePiece model");

    /// <summary>Exactly <paramref name="length"/> ids. A longer text keeps its first <paramref name="length"/> − 1 and the end mark, as transformers cuts it.</summary>
    public T5Ids Encode(string text, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var found = Guarded(() => pieces.EncodeToIds(text, false, false));
        var kept = Math.Min(found.Count, length - 1);
        var ids = new long[length];
        for (var i = 0; i < kept; i++)
            ids[i] = found[i];
        ids[kept] = End;
        return new T5Ids(ids, kept + 1);
    }

    /// <summary>The package checks little of what it reads and throws whatever comes of it; here it is one error with a name.</summary>
    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            throw new Weights.PretrainedException($"the SentencePiece model is broken: {broken.Message}");
        }
    }

    /// <summary>
    /// T5's models say that there is no begin mark (id −1), and the package refuses to load such a model (dotnet/machinelearning#7409). The last
    /// such entry is the trainer's, so it gets another id, written as long as before; the mark is never asked for.
    /// </summary>
    internal static byte[] WithBegin(byte[] model)
    {
        var at = model.AsSpan().LastIndexOf(NoBegin);
        if (at < 0)
            return model;
        var changed = (byte[])model.Clone();
        SomeBegin.CopyTo(changed, at);
        return changed;
    }
}
