using MiniSora.Web.Runs.NewRun;

namespace MiniSora.Web.Tests.RunsUi;

public sealed class StartingPointsTests
{
    [Fact]
    public void A_newcomer_is_offered_text_to_video_first_and_the_machine_check_last()
    {
        var offered = StartingPoints.Offered.Select(recipe => recipe.Id).ToList();
        Assert.Equal(["tiny-emoji", "tiny-shapes"], offered.Take(2));
        Assert.Equal(["cascade-shapes", "smoke"], offered.TakeLast(2));
        Assert.Equal("tiny-shapes", StartingPoints.Default(new HashSet<string> { "shapes" }).RecipeId);
    }
}
