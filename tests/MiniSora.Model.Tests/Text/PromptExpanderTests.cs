using MiniSora.Model.Datasets;
using MiniSora.Model.Text;

namespace MiniSora.Model.Tests.Text;

public sealed class PromptExpanderTests
{
    private static readonly Caption[] Emoji = [new("waving hand", "挥手"), new("waving hand: light skin tone", "挥手: 较浅肤色"), new("red heart", "红心"), new("cat face", "猫脸")];

    private static Expansion? Shapes(string prompt, long seed = 1) => PromptExpander.Expand("shapes", prompt, seed, []);

    [Theory]
    [InlineData("red ball", ShapeKind.Circle, ShapeColour.Red, null, null)]
    [InlineData("a huge violet donut that rises", ShapeKind.Ring, ShapeColour.Purple, ShapeSize.Large, ShapeMotion.Up)]
    [InlineData("tiny box circles counter-clockwise", ShapeKind.Square, null, ShapeSize.Small, ShapeMotion.Counterclockwise)]
    [InlineData("蓝色圆环", ShapeKind.Ring, ShapeColour.Blue, null, null)]
    [InlineData("变大的红色球", ShapeKind.Circle, ShapeColour.Red, null, ShapeMotion.Grow)]
    [InlineData("小三角逆时针", ShapeKind.Triangle, null, ShapeSize.Small, ShapeMotion.Counterclockwise)]
    public void What_a_prompt_names_is_kept_and_the_rest_is_filled_in(string prompt, ShapeKind? shape, ShapeColour? colour, ShapeSize? size, ShapeMotion? motion)
    {
        var expansion = Shapes(prompt)!;
        var combo = ShapeCaptions.Parse(expansion.Prompt)!.Value;
        Assert.True((shape ?? combo.Shape, colour ?? combo.Colour, size ?? combo.Size, motion ?? combo.Motion) == (combo.Shape, combo.Colour, combo.Size, combo.Motion), expansion.Prompt);
        Assert.Equal(prompt[0] > 0x3000, expansion.Prompt.StartsWith('一'));
        Assert.Equal(new Enum?[] { shape, colour, size, motion }.Count(value => value is null), expansion.Added.Count);
        Assert.All(expansion.Added, word => Assert.Contains(word, expansion.Prompt, StringComparison.Ordinal));
    }

    [Fact]
    public void The_seed_decides_what_is_filled_in()
    {
        Assert.Equal(Shapes("red ball", 3)!.Prompt, Shapes("red ball", 3)!.Prompt);
        Assert.True(Enumerable.Range(0, 20).Select(seed => Shapes("red ball", seed)!.Prompt).Distinct().Count() > 5);
    }

    [Fact]
    public void Combinations_that_training_left_out_come_only_when_they_are_asked_for()
    {
        Assert.All(Enumerable.Range(0, 50), seed => Assert.Equal(ShapeHoldOut.Seen, ShapeCaptions.Parse(Shapes("a circle", seed)!.Prompt)!.Value.HoldOut));
        var pair = ShapeCombo.HeldOutPairs[0];
        Assert.Equal(ShapeHoldOut.Pair, ShapeCaptions.Parse(Shapes(ShapeCaptions.ColourAndShape(pair).English!)!.Prompt)!.Value.HoldOut);
    }

    [Fact]
    public void A_complete_prompt_stays_and_one_of_unknown_words_is_left_to_the_person()
    {
        Assert.Equal("a small red circle grows", Shapes("a small red circle grows")!.Prompt);
        Assert.Empty(Shapes("a small red circle grows")!.Added);
        Assert.Null(Shapes("a giraffe at dusk"));
        Assert.NotNull(ShapeCaptions.Parse(Shapes("")!.Prompt));
    }

    [Theory]
    [InlineData("hand", "an animated emoji of waving hand")]
    [InlineData("a heart", "an animated emoji of red heart")]
    [InlineData("猫", "猫脸的动画表情")]
    public void An_emoji_is_found_by_its_words(string prompt, string expected) =>
        Assert.Equal(expected, PromptExpander.Expand("emoji", prompt, 1, Emoji)!.Prompt);

    [Fact]
    public void What_no_emoji_shows_is_not_expanded() => Assert.Null(PromptExpander.Expand("emoji", "submarine", 1, Emoji));
}
