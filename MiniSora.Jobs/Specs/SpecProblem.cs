namespace MiniSora.Jobs.Specs;

/// <summary>One reason why a spec cannot run. <see cref="SpecTexts.Problem"/> says it in the reader's language.</summary>
/// <param name="Code">Stable, e.g. <c>spec.out_of_range</c>.</param>
/// <param name="Path">Where: the field's path, or empty for the whole document.</param>
/// <param name="Arguments">Named values of the sentence, e.g. <c>min</c>, <c>max</c>, <c>value</c>.</param>
/// <param name="Line">Line of the YAML document, from 1; null when it was no document.</param>
public sealed record SpecProblem(string Code, string Path, IReadOnlyDictionary<string, string> Arguments, int? Line = null)
{
    /// <summary>A problem with its arguments as pairs.</summary>
    internal static SpecProblem At(string code, string path, int? line, params (string Name, string Value)[] arguments) =>
        new(code, path, arguments.ToDictionary(pair => pair.Name, pair => pair.Value), line);

    /// <summary>Every code there is; each has a text <c>error.{code}</c> in every language.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        "spec.syntax", "spec.not_a_mapping", "spec.duplicate_key", "spec.unknown_key", "spec.kind_missing", "spec.kind_unknown", "spec.wrong_type", "spec.unknown_choice",
        "spec.too_long_document", "spec.out_of_range", "spec.not_multiple", "spec.text_empty", "spec.text_too_long", "spec.too_few", "spec.too_many",
        "spec.empty_prompt", "spec.device_unknown", "spec.heads_divide_width", "spec.patch_divides_latent", "spec.final_rate_above_peak",
        "spec.guidance_interval", "spec.ema_not_trained", "spec.dataset_unknown", "spec.dataset_missing", "spec.dataset_size", "spec.batch_too_large_for_machine",
        "spec.image_required", "spec.image_missing", "spec.checkpoint_missing", "spec.override", "spec.file_missing", "spec.prompts_line", "spec.prompts_empty",
        "spec.objective_unfit", "spec.conditioning_unfit", "spec.prediction_unfit", "spec.noise_without_signal", "spec.depth_uneven", "spec.images_unfit",
        "spec.class_unknown", "spec.solver_unfit", "spec.task_unfit", "spec.video_required", "spec.video_missing", "spec.video_says_nothing", "spec.other_checkpoint", "spec.size_unfit", "spec.given_too_many", "spec.task_needed", "spec.buckets_unfit", "spec.bucket_format",
        "spec.bucket_size", "spec.bucket_drawn", "spec.bucket_square",
        "spec.accumulation_over_batch", "spec.mask_mixer_depth", "spec.mask_with_local", "spec.devices_over_batch", "spec.cache_adaptive", "spec.ema_width_small", "spec.foreign_value",
        "spec.weights_required", "spec.weights_missing", "spec.weights_other", "spec.text_encoder_unfit", "spec.cascade_shares", "spec.cascade_heads",
        "spec.import_file", "spec.import_target", "spec.import_name", "spec.import_not_empty", "spec.import_codec",
        "spec.too_few_frames", "spec.start_differs", "spec.start_past_end", "spec.carry_cascade",
        "spec.sweep_settings", "spec.sweep_setting", "spec.sweep_twice", "spec.sweep_values", "spec.sweep_runs",
    ];
}
