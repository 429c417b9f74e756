using System.Text;

namespace MiniSora.Model.Tests.Text.T5;

/// <summary>
/// A SentencePiece unigram model written by hand, as T5's is made: ids 0 pad, 1 end, 2 unknown, no begin mark (id −1). Fields of
/// sentencepiece_model.proto: pieces 1 (text 1, score 2, type 3), trainer 2 (type 3, unknown 40, begin 41, end 42, pad 43), normaliser 3.
/// </summary>
internal static class TinySentencePiece
{
    /// <summary>Pieces from id 3 on; scores are log probabilities.</summary>
    internal static readonly (string Piece, float Score)[] Pieces =
        [("▁a", -1), ("▁red", -2), ("▁ball", -2), ("▁b", -4), ("all", -4), ("s", -3), ("▁", -5), ("球", -6)];

    internal static byte[] Bytes()
    {
        using var model = new MemoryStream();
        Message(model, 1, piece => Piece(piece, "<pad>", 0, 3));
        Message(model, 1, piece => Piece(piece, "</s>", 0, 3));
        Message(model, 1, piece => Piece(piece, "<unk>", 0, 2));
        foreach (var (text, score) in Pieces)
            Message(model, 1, piece => Piece(piece, text, score, 1));
        Message(model, 2, trainer =>
        {
            Number(trainer, 3, 1);
            Number(trainer, 40, 2);
            Number(trainer, 41, -1);
            Number(trainer, 42, 1);
            Number(trainer, 43, 0);
        });
        Message(model, 3, normaliser =>
        {
            Text(normaliser, 1, "identity");
            Number(normaliser, 3, 1);
            Number(normaliser, 4, 1);
            Number(normaliser, 5, 1);
        });
        return model.ToArray();
    }

    private static void Piece(Stream to, string text, float score, long kind)
    {
        Text(to, 1, text);
        Varint(to, 2 << 3 | 5);
        to.Write(BitConverter.GetBytes(score));
        Number(to, 3, kind);
    }

    private static void Message(Stream to, int field, Action<MemoryStream> fill)
    {
        using var inner = new MemoryStream();
        fill(inner);
        Varint(to, (ulong)(field << 3 | 2));
        Varint(to, (ulong)inner.Length);
        to.Write(inner.ToArray());
    }

    private static void Text(Stream to, int field, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Varint(to, (ulong)(field << 3 | 2));
        Varint(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void Number(Stream to, int field, long value)
    {
        Varint(to, (ulong)(field << 3));
        Varint(to, (ulong)value);
    }

    private static void Varint(Stream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            to.WriteByte((byte)(value | 0x80));
        to.WriteByte((byte)value);
    }
}
