using Bunit;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Runs.NewRun;

namespace MiniSora.Web.Tests.RunsUi;

public sealed class FieldInputTests : BunitContext
{
    private static readonly SpecField Steps = SpecSchema.Find(SpecKind.Training, "training.steps")!;

    [Fact]
    public void A_problem_is_tied_to_its_control()
    {
        var field = Render<FieldInput>(p => p.Add(f => f.Field, Steps).Add(f => f.Value, "0").Add(f => f.Problems, ["too few"]));

        var input = field.Find("input");
        Assert.Equal("true", input.GetAttribute("aria-invalid"));
        var reason = field.Find("#" + input.GetAttribute("aria-describedby")!.Split(' ')[0]);
        Assert.Equal("too few", reason.TextContent);
    }

    [Fact]
    public void What_is_typed_is_handed_on_letter_by_letter()
    {
        var typed = "";
        var field = Render<FieldInput>(p => p.Add(f => f.Field, Steps).Add(f => f.Value, "5").Add(f => f.ValueChanged, (string text) => typed = text));

        field.Find("input").Input("5e");

        Assert.Equal("5e", typed);
    }

    [Fact]
    public void A_value_that_is_no_choice_is_still_shown()
    {
        var precision = SpecSchema.Find(SpecKind.Training, "training.precision")!;

        var field = Render<FieldInput>(p => p.Add(f => f.Field, precision).Add(f => f.Value, "fp8"));

        Assert.Equal("fp8", field.Find("option[value=fp8]").TextContent);
    }
}
