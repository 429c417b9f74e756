using MiniSora.Model.Datasets;

namespace MiniSora.Model.Tests.Datasets;

public sealed class ClassNamesTests
{
    private static readonly ClassNames Shapes = new(MovingShapes.ClassNames);

    [Fact]
    public void Shapes_have_a_class_for_each_colour_of_each_shape()
    {
        Assert.Equal(48, MovingShapes.ClassNames.Count);
        Assert.Equal(new Caption("red circle", "红色圆形"), MovingShapes.ClassNames[0]);
        var dataset = new MovingShapes(8, 16, 1);
        for (var i = 0; i < dataset.Count; i += 97)
        {
            var caption = dataset.Read(i, new SplitMix64(1)).Caption;
            var name = dataset.Classes[dataset.ClassOf(i)];
            Assert.Contains(name.English!, caption.English!, StringComparison.Ordinal);
            Assert.Contains(name.Chinese!, caption.Chinese!, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(" Red Circle ", 0)]
    [InlineData("红色圆形", 0)]
    [InlineData("47", 47)]
    [InlineData("48", null)]
    [InlineData("-1", null)]
    [InlineData("red", null)]
    public void A_class_is_found_by_name_or_number(string text, int? expected) => Assert.Equal(expected, Shapes.Find(text));

    [Fact]
    public void The_nearest_names_are_in_the_language_of_the_question()
    {
        Assert.Equal("green square", Shapes.Nearest("gren sqare", 3)[0]);
        Assert.Equal("蓝色三角形", Shapes.Nearest("蓝三角形", 1)[0]);
    }
}
