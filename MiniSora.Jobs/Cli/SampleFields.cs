using System.CommandLine;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary>An option that sets one field of a sampling spec.</summary>
internal sealed record SampleField(string Path, Option<string?> Option);

/// <summary>The fields of a sampling spec that have an option of their own; <c>--set</c> reaches the others.</summary>
internal static class SampleFields
{
    public static IReadOnlyList<SampleField> Options() =>
    [
        Of("checkpoint", "--checkpoint", "cli.sample.checkpoint", "DIR|FILE"),
        Of("prompt", "--prompt", "cli.sample.prompt", "TEXT"),
        Of("image", "--image", "cli.sample.image", "FILE"),
        Of("seed", "--seed", "cli.sample.seed", "N"),
        Of("clips", "--clips", "cli.sample.clips", "N"),
        Of("sampler.steps", "--steps", "cli.sample.steps", "N"),
        Of("sampler.guidance", "--guidance", "cli.sample.guidance", "X"),
        Of("sampler.solver", "--solver", "cli.sample.solver", "NAME"),
        Of("sampler.ema", "--ema", "cli.sample.ema", "X"),
        Of("sampler.ema_width", "--ema-width", "cli.sample.ema_width", "X"),
        Of("sampler.step_cache", "--step-cache", "cli.sample.step_cache", "X"),
        Of("cache_checks", "--cache-checks", "cli.sample.cache_checks", "N"),
        Of("frames_per_second", "--fps", "cli.sample.fps", "N"),
        Of("device", "--device", "cli.sample.device", "NAME"),
    ];

    /// <summary>The options of tasks, which start from files.</summary>
    public static IReadOnlyList<SampleField> TaskOptions() =>
    [
        Of("task", "--task", "cli.sample.task", "NAME"),
        Of("input.video", "--video", "cli.sample.video", "FILE"),
        Of("input.second_video", "--second-video", "cli.sample.second_video", "FILE"),
        Of("input.second_prompt", "--second-prompt", "cli.sample.second_prompt", "TEXT"),
        Of("input.given_frames", "--given-frames", "cli.sample.given_frames", "N"),
        Of("input.windows", "--windows", "cli.sample.windows", "N"),
        Of("input.strength", "--strength", "cli.sample.strength", "X"),
        Of("size.frames", "--frames", "cli.sample.frames", "T"),
        Of("size.height", "--height", "cli.sample.height", "PX"),
        Of("size.width", "--width", "cli.sample.width", "PX"),
    ];

    /// <summary>The same for an evaluation.</summary>
    public static IReadOnlyList<SampleField> Evaluation() =>
    [
        .. Options().Where(field => field.Path is not ("prompt" or "image" or "clips" or "frames_per_second")),
        Of("seen_clips", "--clips", "cli.evaluate.clips", "N"),
        Of("held_out_clips", "--held-out", "cli.evaluate.held_out", "N"),
        Of("references", "--references", "cli.evaluate.references", "N"),
        Of("features", "--features", "cli.evaluate.features", "NAME"),
        Of("language", "--language", "cli.evaluate.languages", "en|zh|both"),
    ];

    /// <summary>The spec of a file, or the defaults with one clip, with the options in place. Throws with all problems.</summary>
    public static SamplingSpec Read(ParseResult parsed, IReadOnlyList<SampleField> fields, string? file, IReadOnlyList<string> sets)
    {
        var given = fields.Select(field => (field.Path, Value: parsed.GetValue(field.Option))).Where(field => field.Value is not null).ToList();
        var overrides = given.Select(field => $"{field.Path}={field.Value}").Concat(sets).ToList();
        var named = overrides.Any(text => text.StartsWith("task=", StringComparison.Ordinal));
        if (!named && given.Any(field => field.Path == "image"))
            overrides.Add("task=image_to_video");
        // A file of another kind is refused here; without one the document is the defaults.
        var yaml = file is null ? "kind: sampling\nclips: 1\n" : SpecInput.Text(file);
        var spec = SpecInput.Read<SamplingSpec>(yaml, overrides);
        // Several tasks start from a video: which one is for the person to say.
        if (spec.Input.Video.Length > 0 && spec.Task.IsPlain() && !named)
            throw new BadInputException([SpecProblem.At("spec.task_needed", "task", null)]);
        return spec.Name.Length > 0 ? spec : spec with { Name = Title(spec.Prompt) };
    }

    private static string Title(string prompt)
    {
        var text = string.IsNullOrWhiteSpace(prompt) ? "sample" : prompt.Trim();
        return text.Length <= 120 ? text : text[..120];
    }

    private static SampleField Of(string path, string name, string help, string value) =>
        new(path, new Option<string?>(name) { Description = SpecTexts.Get(help), HelpName = value });
}
