using MiniSora.Jobs.Specs;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Tests.Specs;

public sealed class SpecYamlTests
{
    private static readonly TrainingSpec Unusual = new()
    {
        Name = "a \"quoted\": name, # with 中文 \\ and\nlines\t\u0007 🎈",
        Seed = 9_007_199_254_740_991,
        Device = "cuda:1",
        Data = new DataSpec { Dataset = "yes", Frames = 8, Size = 64 },
        Codec = new CodecOptions { Kind = CodecKind.CausalVae, Channels = 12 },
        Model = new BackboneOptions { MlpRatio = 8.0 / 3 },
        Training = new TrainingOptions { LearningRate = 1e-7, FinalLearningRate = 0, Precision = Precision.Bf16, EmaWidths = [0.1] },
        Preview = new PreviewSpec { EverySeconds = 0.5, Prompts = ["- a dash", "", "null", "一颗红心"], Sampler = new SamplerOptions { Solver = SolverKind.Heun } },
    };

    [Fact]
    public void Every_value_survives_writing_and_reading()
    {
        var yaml = SpecYaml.Write(Unusual);
        var read = Assert.IsType<TrainingSpec>(SpecYaml.Read(yaml).Spec);

        foreach (var field in SpecSchema.Training)
            Assert.Equal(field.Get(Unusual), field.Get(read));
    }

    [Fact]
    public void Writing_what_was_read_gives_the_same_bytes()
    {
        var yaml = SpecYaml.Write(Unusual);

        Assert.Equal(yaml, SpecYaml.Write(SpecYaml.Read(yaml).Spec!));
    }

    [Fact]
    public void A_document_with_few_keys_gets_the_defaults()
    {
        var read = SpecYaml.Read("kind: sampling\nprompt: ein Herz\nsampler: {steps: 5}\n");

        Assert.Empty(read.Problems);
        var spec = Assert.IsType<SamplingSpec>(read.Spec);
        Assert.Equal(("ein Herz", 5, 4), (spec.Prompt, spec.Sampler.Steps, spec.Clips));
    }

    [Fact]
    public void All_problems_are_reported_at_once_with_their_lines()
    {
        var read = SpecYaml.Read("kind: training\nseed: one\nseed: 2\ntraining:\n  learning_rat: 1\n  precision: fp64\n  steps: 1.5\nmodel: 3\npreview:\n  prompts: {a: b}\n");

        Assert.Null(read.Spec);
        Assert.Equal(
            [
                ("spec.wrong_type", "seed", 2), ("spec.duplicate_key", "seed", 3), ("spec.unknown_key", "training.learning_rat", 5),
                ("spec.unknown_choice", "training.precision", 6), ("spec.wrong_type", "training.steps", 7), ("spec.wrong_type", "model", 8), ("spec.wrong_type", "preview.prompts", 10),
            ],
            read.Problems.Select(problem => (problem.Code, problem.Path, problem.Line ?? 0)));
    }

    [Fact]
    public void A_misspelt_key_is_answered_with_the_one_that_is_meant()
    {
        var problem = Assert.Single(SpecYaml.Read("kind: training\ntraining:\n  learning_rat: 1\n").Problems);

        Assert.Equal("training.learning_rate", problem.Arguments["suggestion"]);
        Assert.Contains("training.learning_rate", SpecTexts.Problem(problem), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "spec.not_a_mapping")]
    [InlineData("- a\n- b\n", "spec.not_a_mapping")]
    [InlineData("just text", "spec.not_a_mapping")]
    [InlineData("kind: training\n  seed: 1\n", "spec.syntax")]
    [InlineData("kind: training\ntraining: {steps: 5\n", "spec.syntax")]
    [InlineData("kind: training\nname: &a x\ndevice: *a\n", "spec.syntax")]
    [InlineData("kind: training\n---\nkind: training\n", "spec.syntax")]
    public void What_is_no_plain_document_is_refused(string yaml, string code)
    {
        var read = SpecYaml.Read(yaml);

        Assert.Null(read.Spec);
        Assert.Contains(read.Problems, problem => problem.Code == code);
    }

    [Fact]
    public void Numbers_in_quotes_are_texts_and_no_numbers()
    {
        Assert.Equal("spec.wrong_type", Assert.Single(SpecYaml.Read("kind: training\nseed: \"1\"\n").Problems).Code);
        Assert.Equal("7", Assert.IsType<TrainingSpec>(SpecYaml.Read("kind: training\nname: 7\n").Spec).Name);
    }

    [Fact]
    public void An_unknown_kind_is_refused_with_the_known_ones()
    {
        var problem = Assert.Single(SpecYaml.Read("kind: baking\n").Problems);

        Assert.Equal("spec.kind_unknown", problem.Code);
        Assert.Equal("training, sampling, evaluation, encoder, replay", problem.Arguments["choices"]);
    }

    [Fact]
    public void Equal_specs_have_equal_hashes_and_others_have_not()
    {
        Assert.Equal(SpecHash.Of(new TrainingSpec()), SpecHash.Of(new TrainingSpec()));
        Assert.NotEqual(SpecHash.Of(new TrainingSpec()), SpecHash.Of(new TrainingSpec { Seed = 2 }));
        Assert.Equal(64, SpecHash.Of(new SamplingSpec()).Length);
    }

    [Fact]
    public void A_value_is_replaced_by_its_path()
    {
        var problems = new List<SpecProblem>();
        var spec = SpecOverride.Apply(new TrainingSpec(), "training.ema_widths=[0.05]", problems);
        spec = SpecOverride.Apply(spec, "name=a: b = c", problems);
        spec = SpecOverride.Apply(spec, "training.steps=many", problems);
        spec = SpecOverride.Apply(spec, "nonsense", problems);

        Assert.Equal([0.05], spec.Training.EmaWidths);
        Assert.Equal("a: b = c", spec.Name);
        Assert.Equal(["spec.wrong_type", "spec.override"], problems.Select(problem => problem.Code));
    }
}
