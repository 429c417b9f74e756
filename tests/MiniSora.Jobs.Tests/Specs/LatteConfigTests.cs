using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Backbones;
using MiniSora.Model.Objectives;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Tests.Specs;

/// <summary>Names and values as in the training configurations of Latte's repository.</summary>
public sealed class LatteConfigTests
{
    private static readonly Dictionary<string, string> Ucf101 = new()
    {
        ["dataset"] = "\"ucf101\"",
        ["data_path"] = "\"/path/to/videos/\"",
        ["pretrained_model_path"] = "\"/path/to/Latte/\"",
        ["results_dir"] = "\"./results\"",
        ["pretrained"] = "",
        ["model"] = "Latte-XL/2",
        ["num_frames"] = "16",
        ["image_size"] = "256 # choices=[256, 512]",
        ["num_sampling_steps"] = "250",
        ["frame_interval"] = "3",
        ["fixed_spatial"] = "False",
        ["attention_bias"] = "True",
        ["learn_sigma"] = "True",
        ["extras"] = "2",
        ["save_ceph"] = "True",
        ["learning_rate"] = "1e-4",
        ["ckpt_every"] = "10000",
        ["clip_max_norm"] = "0.1",
        ["start_clip_iter"] = "100000",
        ["local_batch_size"] = "5",
        ["max_train_steps"] = "1000000",
        ["global_seed"] = "3407",
        ["num_workers"] = "8",
        ["log_every"] = "50",
        ["lr_warmup_steps"] = "0",
        ["resume_from_checkpoint"] = "",
        ["gradient_accumulation_steps"] = "1",
        ["num_classes"] = "101",
        ["use_compile"] = "False",
        ["mixed_precision"] = "False",
        ["enable_xformers_memory_efficient_attention"] = "False",
        ["gradient_checkpointing"] = "False",
    };

    private static SpecReading Read(params (string Key, string Value)[] changes)
    {
        var entries = new Dictionary<string, string>(Ucf101);
        foreach (var (key, value) in changes)
            entries[key] = value;
        return SpecYaml.Read(string.Concat(entries.Select(entry => $"{entry.Key}: {entry.Value}\n")));
    }

    [Fact]
    public void Its_gradient_checkpointing_is_ours()
    {
        Assert.Equal(Activations.Keep, Assert.IsType<TrainingSpec>(Read().Spec).Training.Activations);
        Assert.Equal(Activations.Recompute, Assert.IsType<TrainingSpec>(Read(("gradient_checkpointing", "True")).Spec).Training.Activations);
    }

    [Fact]
    public void The_configuration_of_ucf101_is_a_spec()
    {
        var reading = Read();
        var spec = Assert.IsType<TrainingSpec>(reading.Spec);

        Assert.Empty(SpecValidator.Validate(spec, SpecContext.Nothing));
        Assert.Equal(("ucf101", 16, 256, 3407L), (spec.Data.Dataset, spec.Data.Frames, spec.Data.Size, spec.Seed));
        Assert.Equal((NetworkKind.Latte, ConditioningKind.Label, 1152, 28, 16, 2), (spec.Model.Network, spec.Model.Conditioning, spec.Model.Width, spec.Model.Depth, spec.Model.Heads, spec.Model.Patch));
        Assert.Equal((ObjectiveKind.Diffusion, Prediction.Noise, VarianceKind.LearnedRange), (spec.Objective.Kind, spec.Objective.Prediction, spec.Objective.Variance));
        Assert.Equal((1_000_000, 5, 1e-4, 1e-4, 0.1, 100_000, 10_000), (spec.Training.Steps, spec.Training.Batch, spec.Training.LearningRate, spec.Training.FinalLearningRate, spec.Training.GradientClip, spec.Training.ClipFrom, spec.Training.CheckpointSteps));
        Assert.Equal((0.0, 0.999, 0, 0.9999, Precision.Fp32), (spec.Training.WeightDecay, spec.Training.Beta2, spec.Training.WarmupSteps, spec.Training.EmaDecay, spec.Training.Precision));
        Assert.Equal(250, spec.Preview.Sampler.Steps);
    }

    [Fact]
    public void Every_key_is_accounted_for_in_both_languages()
    {
        var reading = Read();

        Assert.Equal(Ucf101.Keys.Order(), reading.Notes.Select(note => note.Key).Where(key => key.Length > 0).Distinct().Order());
        foreach (var culture in (string[])["en", "zh-CN"])
        {
            var texts = reading.Notes.Select(note => SpecTexts.Note(note, CultureInfo.GetCultureInfo(culture))).ToList();
            Assert.Contains(texts, text => text.StartsWith("max_train_steps: 1000000 → training.steps: 1000000", StringComparison.Ordinal));
            Assert.Contains(texts, text => text.StartsWith("num_workers: 8 – ", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(reading.Notes, note => note.Shown == "latte.unknown");
    }

    [Theory]
    [InlineData("ffs", "1", "20000", ConditioningKind.None)]
    [InlineData("sky", "1", "20000", ConditioningKind.None)]
    [InlineData("taichi", "1", "500000", ConditioningKind.None)]
    public void Its_siblings_are_too(string dataset, string extras, string clipFrom, ConditioningKind conditioning)
    {
        var spec = (TrainingSpec)Read(("dataset", $"\"{dataset}\""), ("extras", extras), ("start_clip_iter", clipFrom), ("num_classes", ""), ("load_from_ceph", "False")).Spec!;

        Assert.Equal((dataset, conditioning), (spec.Data.Dataset, spec.Model.Conditioning));
    }

    [Fact]
    public void Joint_training_on_images_and_other_options_are_mapped()
    {
        var spec = (TrainingSpec)Read(
            ("dataset", "\"ucf101_img\""), ("model", "LatteIMG-S/4"), ("use_image_num", "8"), ("frame_data_txt", "\"/list.txt\""), ("local_batch_size", "4"),
            ("gradient_accumulation_steps", "2"), ("mixed_precision", "True"), ("learn_sigma", "False"), ("extras", "78")).Spec!;

        Assert.Equal(("ucf101", 8, 384, 4, ConditioningKind.Text), (spec.Data.Dataset, spec.Model.ImageFrames, spec.Model.Width, spec.Model.Patch, spec.Model.Conditioning));
        Assert.Equal((8, 2, Precision.Bf16, VarianceKind.FixedLarge), (spec.Training.Batch, spec.Training.Accumulation, spec.Training.Precision, spec.Objective.Variance));
    }

    [Fact]
    public void Values_that_make_no_sense_are_all_named_with_their_lines()
    {
        var reading = Read(("model", "Latte-Q/3"), ("extras", "9"), ("max_train_steps", "many"));

        Assert.Null(reading.Spec);
        Assert.Equal([("model", 6), ("extras", 14), ("max_train_steps", 21)], reading.Problems.Select(problem => (problem.Path, problem.Line!.Value)));
        Assert.All(reading.Problems, problem => Assert.Equal("spec.foreign_value", problem.Code));
    }

    [Fact]
    public void A_key_that_nobody_knows_is_said_to_be_so() =>
        Assert.Contains(Read(("my_own", "1")).Notes, note => note is { Key: "my_own", Path: null, Shown: "latte.unknown" });
}
