using MiniSora.Model.Text;

namespace MiniSora.Model.Tests.Text;

public sealed class VocabularyTests
{
    [Fact]
    public void Words_and_han_characters_are_ordered_by_frequency_then_ordinal()
    {
        var vocabulary = Vocabulary.Build(["red circle", "Red square", "红色", "红圈", "a square b circle"]);
        Assert.Equal(["circle", "red", "square", "红"], vocabulary.Words);
        Assert.Equal(264, vocabulary.Size);
    }

    [Fact]
    public void A_caption_is_framed_and_padded()
    {
        var encoded = new Vocabulary(["red", "circle"]).Encode("Red  CIRCLE", 6);
        Assert.Equal([Vocabulary.Begin, 260, 261, Vocabulary.End, 0, 0], encoded.Tokens);
        Assert.Equal((4, 4), (encoded.Used, encoded.Wanted));
    }

    [Fact]
    public void An_unknown_word_becomes_its_bytes()
    {
        var encoded = new Vocabulary([]).Encode("é!", 8);
        Assert.Equal([Vocabulary.Begin, 4 + 0xC3, 4 + 0xA9, 4 + '!', Vocabulary.End, 0, 0, 0], encoded.Tokens);
    }

    [Fact]
    public void Full_width_and_composed_forms_are_one()
    {
        var vocabulary = new Vocabulary(["red", "café"]);
        Assert.Equal(vocabulary.Encode("red café", 8).Tokens, vocabulary.Encode("ＲＥＤ cafe\u0301", 8).Tokens);
    }

    [Fact]
    public void A_long_caption_is_cut_and_says_so()
    {
        var encoded = new Vocabulary(["a"]).Encode("a a a a a a", 4);
        Assert.Equal([Vocabulary.Begin, 260, 260, Vocabulary.End], encoded.Tokens);
        Assert.Equal((4, 8), (encoded.Used, encoded.Wanted));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \t ")]
    public void Nothing_is_the_null_caption(string text)
    {
        var encoded = new Vocabulary([]).Encode(text, 5);
        Assert.Equal([Vocabulary.Begin, Vocabulary.Null, Vocabulary.End, 0, 0], encoded.Tokens);
        Assert.Equal(Vocabulary.EncodeNull(5).Tokens, encoded.Tokens);
    }

    [Fact]
    public void Half_a_surrogate_pair_does_not_throw() =>
        Assert.Equal(3 + 2, new Vocabulary([]).Encode("\ud83d", 8).Used);

    [Fact]
    public void A_rebuilt_vocabulary_encodes_alike()
    {
        var vocabulary = Vocabulary.Build(["一个红色圆形向右移动", "一个蓝色圆形"]);
        Assert.Equal(vocabulary.Encode("红色圆形", 12).Tokens, new Vocabulary([.. vocabulary.Words]).Encode("红色圆形", 12).Tokens);
    }
}
