using MiniSora.Jobs.Specs;
using MiniSora.Web.Runs.NewRun;

namespace MiniSora.Web.Tests.RunsUi;

public sealed class SpecDraftTests
{
    [Theory]
    [InlineData(SpecKind.Training)]
    [InlineData(SpecKind.Sampling)]
    public void A_spec_survives_the_form_unchanged(SpecKind kind)
    {
        var spec = SpecSchema.New(kind) with { Name = "a: \"b\" # 心\\", Seed = 9_007_199_254_740_991 };

        var (read, problems) = SpecDraft.From(spec).Read();

        Assert.Empty(problems);
        Assert.Equal(SpecYaml.Write(spec), SpecYaml.Write(read));
    }

    [Fact]
    public void Lists_are_typed_a_line_each_and_numbers_with_commas()
    {
        var draft = SpecDraft.From(new TrainingSpec());
        draft["preview.prompts"] = "a red heart\n\n  一颗红心  ";
        draft["training.ema_widths"] = "0.05， 0.2";

        var training = Assert.IsType<TrainingSpec>(draft.Read().Spec);

        Assert.Equal(["a red heart", "一颗红心"], training.Preview.Prompts);
        Assert.Equal([0.05, 0.2], training.Training.EmaWidths);
    }

    [Fact]
    public void What_is_no_number_stays_in_its_field_and_every_reason_is_named()
    {
        var draft = SpecDraft.From(new TrainingSpec());
        draft["training.steps"] = "many";
        draft["training.batch"] = "";
        draft["model.width"] = "[64]";

        var (spec, problems) = draft.Read();

        Assert.Equal("many", draft["training.steps"]);
        Assert.Equal(
            [("model.width", "spec.wrong_type"), ("training.batch", "spec.text_empty"), ("training.steps", "spec.wrong_type")],
            problems.Select(problem => (problem.Path, problem.Code)).Order());
        Assert.Equal(new TrainingSpec().Training.Steps, ((TrainingSpec)spec).Training.Steps);
    }

    [Fact]
    public void A_draft_of_an_older_version_keeps_what_still_exists()
    {
        var draft = SpecDraft.From(SpecKind.Sampling, new Dictionary<string, string> { ["prompt"] = "a boat", ["gone.setting"] = "1" });

        Assert.Equal("a boat", draft["prompt"]);
        Assert.DoesNotContain("gone.setting", draft.Typed.Keys);
    }
}
