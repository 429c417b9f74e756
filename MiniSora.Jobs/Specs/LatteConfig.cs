using System.Globalization;
using MiniSora.Model.Backbones;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Specs;

/// <summary>
/// Training configurations of Latte's own repository (<c>configs/ucf101/ucf101_train.yaml</c> and its siblings) as specs of ours. Every key is
/// accounted for: what it became, or why it has no meaning here. What its training code fixes without a key is listed too.
/// </summary>
internal static class LatteConfig
{
    /// <summary>Keys without a meaning here, and the text that says why.</summary>
    private static readonly Dictionary<string, string> WithoutMeaning = new()
    {
        ["data_path"] = "latte.data",
        ["frame_data_txt"] = "latte.data",
        ["frame_interval"] = "latte.frame_interval",
        ["pretrained_model_path"] = "latte.codec",
        ["pretrained"] = "latte.weights",
        ["results_dir"] = "latte.output",
        ["save_ceph"] = "latte.output",
        ["load_from_ceph"] = "latte.data",
        ["fixed_spatial"] = "latte.all_trained",
        ["attention_bias"] = "latte.attention_bias",
        ["num_workers"] = "latte.workers",
        ["log_every"] = "latte.log",
        ["lr_warmup_steps"] = "latte.warmup",
        ["resume_from_checkpoint"] = "latte.resume",
        ["num_classes"] = "latte.classes",
        ["use_compile"] = "latte.automatic",
        ["enable_xformers_memory_efficient_attention"] = "latte.automatic",
    };

    /// <summary>A mapping without our <c>kind</c> whose <c>model</c> is a Latte.</summary>
    public static bool Recognises(YamlMap map) =>
        map.Entries.All(entry => entry.Key != "kind") && Text(map, "model") is { } model && model.StartsWith("Latte", StringComparison.Ordinal);

    /// <summary>The spec and its notes, or the values that cannot be read.</summary>
    public static SpecReading Read(YamlMap map, List<SpecProblem> problems)
    {
        var reader = new Reader(problems);
        foreach (var (key, line, value) in map.Entries)
            reader.Take(key, line, value is YamlText text ? text.Text : "");
        var spec = reader.Finish(Text(map, "model")!, Text(map, "dataset") ?? "");
        return new SpecReading(problems.Count == 0 ? spec : null, problems) { Notes = reader.Notes };
    }

    private static string? Text(YamlMap map, string key) => map.Entries.FirstOrDefault(entry => entry.Key == key).Value is YamlText text ? text.Text : null;

    private sealed class Reader(List<SpecProblem> problems)
    {
        private readonly List<ForeignNote> notes = [];
        private TrainingSpec spec = new();
        private int parts = 1;

        public IReadOnlyList<ForeignNote> Notes => notes;

        public void Take(string key, int line, string value)
        {
            switch (key)
            {
                case "model":
                    Model(key, line, value);
                    break;
                case "dataset":
                    Set(key, value, "data.dataset", value.EndsWith("_img", StringComparison.Ordinal) ? value[..^4] : value);
                    break;
                case "num_frames":
                    Whole(key, line, value, "data.frames");
                    break;
                case "image_size":
                    Whole(key, line, value, "data.size");
                    break;
                case "num_sampling_steps":
                    Whole(key, line, value, "preview.sampler.steps");
                    break;
                case "use_image_num":
                    Whole(key, line, value, "model.image_frames");
                    break;
                case "extras":
                    Extras(key, line, value);
                    break;
                case "learn_sigma":
                    Flag(key, line, value, learn => Set(key, value, "objective.variance", learn ? VarianceKind.LearnedRange : VarianceKind.FixedLarge));
                    break;
                case "learning_rate":
                    Number(key, line, value, rate => Both(key, value, rate));
                    break;
                case "ckpt_every":
                    Whole(key, line, value, "training.checkpoint_steps");
                    break;
                case "clip_max_norm":
                    Number(key, line, value, norm => Set(key, value, "training.gradient_clip", norm));
                    break;
                case "start_clip_iter":
                    Whole(key, line, value, "training.clip_from");
                    break;
                case "local_batch_size":
                    Whole(key, line, value, "training.batch");
                    break;
                case "max_train_steps":
                    Whole(key, line, value, "training.steps");
                    break;
                case "global_seed":
                    Number(key, line, value, seed => Set(key, value, "seed", (long)seed));
                    break;
                case "gradient_accumulation_steps":
                    Number(key, line, value, count => Parts(key, value, (int)count));
                    break;
                case "gradient_checkpointing":
                    Flag(key, line, value, recompute => Set(key, value, "training.activations", recompute ? Activations.Recompute : Activations.Keep));
                    break;
                case "mixed_precision":
                    Flag(key, line, value, mixed => Set(key, value, "training.precision", mixed ? Precision.Bf16 : Precision.Fp32));
                    break;
                default:
                    notes.Add(new ForeignNote(key, value, null, WithoutMeaning.GetValueOrDefault(key, "latte.unknown")));
                    break;
            }
        }

        /// <summary>What the file leaves to the training code.</summary>
        public TrainingSpec Finish(string model, string dataset)
        {
            Set("", "", "name", $"{model}, {dataset}");
            Set("", "", "model.network", NetworkKind.Latte);
            Set("", "", "objective.kind", ObjectiveKind.Diffusion);
            Set("", "", "objective.prediction", Prediction.Noise);
            Set("", "", "training.weight_decay", 0.0);
            Set("", "", "training.beta2", 0.999);
            Set("", "", "training.warmup_steps", 0);
            Set("", "", "training.ema_decay", 0.9999);
            Set("", "", "preview.sampler.solver", SolverKind.Ddpm);
            Set("", "", "preview.sampler.ema", 0.9999);
            // A step there is one part; here it is all of them.
            spec = spec with { Training = spec.Training with { Batch = spec.Training.Batch * parts } };
            return spec;
        }

        private void Model(string key, int line, string value)
        {
            if (NetworkSize.Find(value) is not { } size)
            {
                Problem(key, line, value);
                return;
            }

            Set(key, value, "model.width", size.Width);
            Set(key, value, "model.depth", size.Depth);
            Set(key, value, "model.heads", size.Heads);
            Set(key, value, "model.patch", size.Patch);
        }

        private void Extras(string key, int line, string value)
        {
            ConditioningKind? kind = value switch { "1" => ConditioningKind.None, "2" => ConditioningKind.Label, "78" => ConditioningKind.Text, _ => null };
            if (kind is { } known)
                Set(key, value, "model.conditioning", known);
            else
                Problem(key, line, value);
        }

        private void Both(string key, string value, double rate)
        {
            Set(key, value, "training.learning_rate", rate);
            Set(key, value, "training.final_learning_rate", rate);
        }

        private void Parts(string key, string value, int count)
        {
            parts = Math.Max(1, count);
            Set(key, value, "training.accumulation", parts);
        }

        private void Whole(string key, int line, string value, string path) => Number(key, line, value, number =>
        {
            if (number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue)
                Set(key, value, path, (int)number);
            else
                Problem(key, line, value);
        });

        private void Number(string key, int line, string value, Action<double> take)
        {
            if (value.Length == 0)
                notes.Add(new ForeignNote(key, value, null, "latte.empty"));
            else if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                take(number);
            else
                Problem(key, line, value);
        }

        private void Flag(string key, int line, string value, Action<bool> take)
        {
            if (bool.TryParse(value, out var flag))
                take(flag);
            else
                Problem(key, line, value);
        }

        private void Set(string key, string value, string path, object setting)
        {
            var field = SpecSchema.Find(SpecKind.Training, path)!;
            spec = field.With(spec, setting);
            notes.Add(new ForeignNote(key, value, path, field.Format(setting)));
        }

        private void Problem(string key, int line, string value) =>
            problems.Add(SpecProblem.At("spec.foreign_value", key, line, ("key", key), ("value", value)));
    }
}
