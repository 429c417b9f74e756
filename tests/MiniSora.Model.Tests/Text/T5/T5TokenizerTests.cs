using MiniSora.Model.Text.T5;

namespace MiniSora.Model.Tests.Text.T5;

public sealed class T5TokenizerTests
{
    private static readonly T5Tokenizer Tokenizer = new(TinySentencePiece.Bytes());

    [Fact]
    public void The_likeliest_pieces_win_and_the_end_mark_comes_before_the_padding()
    {
        var encoded = Tokenizer.Encode("a red balls", 8);
        // ▁ball s (−5) is likelier than ▁b all s (−11).
        Assert.Equal([3, 4, 5, 8, 1, 0, 0, 0], encoded.Ids);
        Assert.Equal(5, encoded.Used);
    }

    [Fact]
    public void A_long_text_is_cut_before_its_end_mark()
    {
        var encoded = Tokenizer.Encode("a red balls", 3);
        Assert.Equal([3, 4, 1], encoded.Ids);
        Assert.Equal(3, encoded.Used);
    }

    [Fact]
    public void Empty_text_is_the_end_mark_alone_and_a_strange_letter_is_unknown()
    {
        Assert.Equal([1, 0], Tokenizer.Encode("", 2).Ids);
        Assert.Contains(2L, Tokenizer.Encode("a ж", 6).Ids);
        Assert.Contains(10L, Tokenizer.Encode("球", 6).Ids);
    }

    [Fact]
    public void Only_the_begin_marks_id_is_changed_and_nothing_grows()
    {
        var model = TinySentencePiece.Bytes();
        var changed = T5Tokenizer.WithBegin(model);
        Assert.Equal(model.Length, changed.Length);
        Assert.Equal(10, model.Zip(changed).Count(pair => pair.First != pair.Second));
        Assert.Same(changed, T5Tokenizer.WithBegin(changed));
    }
}
