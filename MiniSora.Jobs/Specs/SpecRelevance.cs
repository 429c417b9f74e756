namespace MiniSora.Jobs.Specs;

/// <summary>Which settings mean something beside the others: a form hides the rest, and a run takes no notice of them.</summary>
public static class SpecRelevance
{
    /// <summary>
    /// Whether the field at <paramref name="path"/> matters where the other fields of the spec hold what <paramref name="at"/> gives for
    /// their paths, choices in snake_case.
    /// </summary>
    public static bool Matters(SpecKind kind, string path, Func<string, string> at) => kind switch
    {
        SpecKind.Sampling => Sampling(path, Enum.GetValues<SamplingTask>().FirstOrDefault(task => SnakeCase.From(task) == at("task")), at),
        SpecKind.Training => InTraining(path, at),
        _ => true,
    };

    private static bool InTraining(string path, Func<string, string> at) =>
        path is "start.carry" ? at("start.checkpoint").Length > 0 : path is "start.checkpoint" || OfNetwork(path, at);

    private static bool OfNetwork(string path, Func<string, string> at) =>
        at("model.network") == "cascade" ? CascadeReads(path) : path switch
        {
            _ when path.StartsWith("cascade.", StringComparison.Ordinal) => false,
            "data.buckets" => at("model.network") == "mini_sora",
            "data.framing" => at("model.network") == "mini_sora" && at("data.buckets").Length > 0,
            "codec.vae_steps" or "codec.vae_width" => at("codec.kind") == "causal_vae",
            "codec.weights" => at("codec.kind") is "kl" or "stage_a",
            "codec.channels" => at("codec.kind") is "linear" or "causal_vae",
            "codec.whitening" => at("codec.kind") == "linear",
            "model.text_encoder" => at("model.network") == "latte" && at("model.conditioning") == "text",
            "model.text_weights" => at("model.network") == "latte" && at("model.conditioning") == "text" && at("model.text_encoder") == "t5",
            "model.text_depth" => at("model.network") == "mini_sora" || (at("model.conditioning") == "text" && at("model.text_encoder") == "own"),
            "model.local_depth" => at("model.network") == "mini_sora" && at("model.local_width") != "0",
            "model.temporal_patch" or "model.text_use" or "model.local_width" => at("model.network") == "mini_sora",
            "model.variant" or "model.image_frames" => at("model.network") == "latte",
            "model.conditioning" => at("model.network") != "mini_sora",
            "model.text_length" => at("model.network") == "mini_sora" || at("model.conditioning") == "text",
            "objective.time_sampling" or "objective.uniform_fraction" or "objective.time_shift" or "objective.weight_floor" or "objective.masked_fraction"
                or "objective.image_fraction" or "preview.sampler.time_shift" => at("objective.kind") == "rectified_flow",
            "objective.noise_schedule" or "objective.variance" or "objective.weighting" or "preview.sampler.eta" => at("objective.kind") == "diffusion",
            "objective.path" or "objective.path_weight" or "preview.sampler.diffusion_form" => at("objective.kind") == "interpolant",
            "training.mask_mixer_blocks" or "training.unmasked_share" => at("training.mask_ratio") != "0",
            "preview.sampler.guidance_channels" => at("model.network") != "mini_sora",
            _ => true,
        };

    /// <summary>A cascade has its own section in place of codec, network and objective.</summary>
    private static bool CascadeReads(string path) => path switch
    {
        "model.network" or "model.text_length" or "objective.caption_dropout" => true,
        "training.optimizer" or "training.final_learning_rate" or "training.beta1" or "training.beta2" or "training.weight_decay" or "training.gradient_clip"
            or "training.ema_decay" or "training.accumulation" or "training.clip_from" or "training.activations" or "training.devices" or "training.mask_ratio" or "training.mask_mixer_blocks"
            or "training.unmasked_share" or "training.ema_snapshots" => false,
        "preview.sampler.steps" or "preview.sampler.guidance" or "preview.sampler.ema" => true,
        _ => !path.StartsWith("codec.", StringComparison.Ordinal) && !path.StartsWith("model.", StringComparison.Ordinal)
            && !path.StartsWith("validation.", StringComparison.Ordinal) && !path.StartsWith("objective.", StringComparison.Ordinal) && !path.StartsWith("preview.sampler.", StringComparison.Ordinal),
    };

    private static bool Sampling(string path, SamplingTask task, Func<string, string> at) => path switch
    {
        "image" => task == SamplingTask.ImageToVideo,
        "cache_checks" => at("sampler.step_cache") != "0",
        "input.video" => task.TakesVideo(),
        "input.second_video" or "input.second_prompt" or "input.passage" => task == SamplingTask.Connect,
        "input.given_frames" => task.ShowsFrames(),
        "input.windows" => task is SamplingTask.ExtendForward or SamplingTask.ExtendBackward,
        "input.strength" => task == SamplingTask.Edit || (task == SamplingTask.Connect && at("input.passage") == "cross_fade"),
        "input.departure" => task == SamplingTask.Edit,
        "input.source_prompt" => task == SamplingTask.Edit && at("input.departure") == "inversion",
        "size.frames" => task != SamplingTask.Image,
        _ => true,
    };
}
