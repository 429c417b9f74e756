using MiniSora.Jobs.Specs;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Tests.Specs;

public sealed class StartRulesTests
{
    private static readonly TrainingSpec Source = new() { Name = "parent" };
    private static readonly TrainingSpec Fork = Source with { Start = new() { Checkpoint = "c" } };
    private static readonly SpecContext Context = new() { CheckpointExists = name => name == "c", Source = Source, SourceStep = 400 };

    [Fact]
    public void Other_data_rates_and_lengths_may_start_from_a_checkpoint()
    {
        var spec = Fork with { Seed = 2, Data = Fork.Data with { Frames = 8, Size = 64 }, Training = Fork.Training with { LearningRate = 1e-4, Steps = 401, Batch = 8 } };

        Assert.Empty(SpecValidator.Validate(spec, Context));
    }

    [Fact]
    public void What_does_not_fit_is_said_at_each_setting_with_both_values()
    {
        var spec = Fork with
        {
            Model = Fork.Model with { Width = 256, Depth = 8 },
            Codec = Fork.Codec with { Channels = 8 },
            Objective = Fork.Objective with { Prediction = MiniSora.Model.Objectives.Prediction.Velocity },
            Training = Fork.Training with { EmaWidths = [0.2], Steps = 400 },
        };

        var problems = SpecValidator.Validate(spec, Context);

        Assert.Equal(
            ["codec.channels: spec.start_differs", "model.depth: spec.start_differs", "model.width: spec.start_differs", "objective.prediction: spec.start_differs",
                "preview.sampler.ema: spec.ema_not_trained", "training.ema_widths: spec.start_differs", "training.steps: spec.start_past_end"],
            problems.Select(problem => $"{problem.Path}: {problem.Code}").Order(StringComparer.Ordinal));
        Assert.Equal(("256", "128"), (problems.Single(problem => problem.Path == "model.width").Arguments["value"], problems.Single(problem => problem.Path == "model.width").Arguments["source"]));
    }

    [Fact]
    public void A_network_of_fixed_size_keeps_its_size_and_a_cascade_its_step()
    {
        var dit = (TrainingSpec)Recipes.Find("dit-shapes")!.Spec;
        var other = dit with { Start = Fork.Start, Data = dit.Data with { Frames = dit.Data.Frames * 2 } };
        Assert.Equal("data.frames", Assert.Single(SpecValidator.Validate(other, Context with { Source = dit, SourceStep = 1 })).Path);

        var cascade = (TrainingSpec)Recipes.Find("cascade-shapes")!.Spec;
        var weights = cascade with { Start = new() { Checkpoint = "c", Carry = Carry.Weights } };
        Assert.Equal("spec.carry_cascade", Assert.Single(SpecValidator.Validate(weights, Context with { Source = cascade, SourceStep = 1 })).Code);
    }

    [Fact]
    public void A_checkpoint_that_is_gone_is_said_so_where_it_is_named()
    {
        var problem = Assert.Single(SpecValidator.Validate(Fork with { Start = new() { Checkpoint = "gone" } }, Context with { Source = null }));
        Assert.Equal(("start.checkpoint", "spec.checkpoint_missing"), (problem.Path, problem.Code));
    }

    [Fact]
    public void An_estimate_counts_the_steps_that_are_left()
    {
        var whole = RunEstimator.Estimate(Fork, Calibration.Uncalibrated);
        var rest = RunEstimator.Estimate(Fork, Calibration.Uncalibrated, Source, Fork.Training.Steps / 2);
        Assert.Equal(whole.Flops / 2, rest.Flops, 1e-6 * whole.Flops);
        Assert.Equal(whole.Flops, RunEstimator.Estimate(Fork with { Start = Fork.Start with { Carry = Carry.Weights } }, Calibration.Uncalibrated, Source, 100).Flops);
    }

    [Fact]
    public void Differences_name_every_changed_setting_and_nothing_else()
    {
        var changed = Source with { Training = Source.Training with { LearningRate = 5e-4 }, Preview = Source.Preview with { Prompts = ["a"] } };
        Assert.Equal([("training.learning_rate", "0.0005"), ("preview.prompts", "[\"a\"]")], SpecDifference.Between(Source, changed).Select(difference => (difference.Field.Path, difference.Field.Format(difference.New))));
        Assert.Empty(SpecDifference.Between(Source, new SamplingSpec()));
    }
}
