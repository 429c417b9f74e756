namespace MiniSora.Jobs.Specs;

/// <summary>Which settings mean something beside the others: a form hides the rest, and a run takes no notice of them.</summary>
public static class SpecRelevance
{
    /// <summary>
    /// Whether the field at <paramref name="path"/> matters where the other fields of the spec hold what <paramref name="at"/> gives for
    /// their paths, choices in snake_case.
    /// </summary>
    public static bool Matters(SpecKind kind, string path, Func<string, string> at) => kind == SpecKind.Sampling
        ? path != "image" || at("task") == "image_to_video"
        : path switch
        {
            "codec.vae_steps" or "codec.vae_width" => at("codec.kind") == "causal_vae",
            "model.variant" or "model.image_frames" => at("model.network") == "latte",
            "model.conditioning" => at("model.network") != "mini_sora",
            "model.text_length" or "model.text_depth" => at("model.network") == "mini_sora" || at("model.conditioning") == "text",
            "objective.time_sampling" or "objective.uniform_fraction" or "objective.time_shift" or "objective.weight_floor" or "objective.masked_fraction"
                or "objective.image_fraction" or "preview.sampler.time_shift" => at("objective.kind") == "rectified_flow",
            "objective.noise_schedule" or "objective.variance" or "objective.weighting" or "preview.sampler.eta" => at("objective.kind") == "diffusion",
            "objective.path" or "objective.path_weight" or "preview.sampler.diffusion_form" => at("objective.kind") == "interpolant",
            "preview.sampler.guidance_channels" => at("model.network") != "mini_sora",
            _ => true,
        };
}
