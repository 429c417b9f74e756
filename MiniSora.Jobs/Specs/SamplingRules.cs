using System.Globalization;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;

namespace MiniSora.Jobs.Specs;

/// <summary>Rules of a sampling spec.</summary>
internal static class SamplingRules
{
    public static void Check(SamplingSpec spec, SpecContext context, List<SpecProblem> problems)
    {
        SamplerRules.Check(spec.Sampler, "sampler", context.NearestAverage ? null : context.Source?.Training.Averages, problems);
        if (context.Source is { } source)
            Source(spec, source, context, problems);
        if (!string.IsNullOrWhiteSpace(spec.Checkpoint) && context.CheckpointExists is { } checkpoints && !checkpoints(spec.Checkpoint))
            problems.Add(SpecProblem.At("spec.checkpoint_missing", "checkpoint", null, ("checkpoint", spec.Checkpoint)));
        var told = context.Source is not { Model: { Network: not NetworkKind.MiniSora, Conditioning: ConditioningKind.None } };
        if (told && spec.Task.NeedsPrompt() && string.IsNullOrWhiteSpace(spec.Prompt))
            problems.Add(SpecProblem.At("spec.empty_prompt", "prompt", null));
        if (spec.Task == SamplingTask.ImageToVideo && string.IsNullOrWhiteSpace(spec.Image))
            problems.Add(SpecProblem.At("spec.image_required", "image", null));
        else if (spec.Task == SamplingTask.ImageToVideo && context.ImageExists is { } images && !images(spec.Image))
            problems.Add(SpecProblem.At("spec.image_missing", "image", null, ("image", spec.Image)));
        if (spec.Task.TakesVideo())
            Video(spec.Input.Video, "input.video", context, problems);
        if (spec.Task == SamplingTask.Connect)
            Video(spec.Input.SecondVideo, "input.second_video", context, problems);
        if (spec.Original.Length > 0)
            Video(spec.Original, "original", context, problems);
    }

    private static void Video(string video, string path, SpecContext context, List<SpecProblem> problems)
    {
        if (string.IsNullOrWhiteSpace(video))
            problems.Add(SpecProblem.At("spec.video_required", path, null));
        else if (context.VideoExists is { } exists && !exists(video))
            problems.Add(SpecProblem.At("spec.video_missing", path, null, ("video", video)));
    }

    /// <summary>What the checkpoint's own spec allows.</summary>
    private static void Source(SamplingSpec spec, TrainingSpec source, SpecContext context, List<SpecProblem> problems)
    {
        SystemRules.Solver(spec.Sampler.Solver, source, "sampler.solver", problems);
        Size(spec, source, context, problems);
        if (source.Model.Network == NetworkKind.MiniSora)
        {
            Given(spec, source, problems);
            return;
        }

        if (!spec.Task.IsPlain())
            problems.Add(SpecProblem.At("spec.task_unfit", "task", null, ("network", SnakeCase.From(source.Model.Network))));
        if (source.Model.Conditioning == ConditioningKind.Label && source.Data.Dataset == DatasetCatalog.Shapes)
            SystemRules.Prompts([spec.Prompt], "prompt", problems);
    }

    private static void Size(SamplingSpec spec, TrainingSpec source, SpecContext context, List<SpecProblem> problems)
    {
        var cell = CodecGeometry.Of(source.Codec, context.Weights?.Invoke(source.Codec.Weights)).Downsample;
        var (size, multiple) = (spec.Size, cell * source.Model.Patch);
        if (source.Model.Network != NetworkKind.MiniSora)
        {
            var (frames, side) = (source.Data.Frames, source.Data.Size);
            foreach (var (path, value, own) in new[] { ("size.frames", size.Frames, frames), ("size.height", size.Height, side), ("size.width", size.Width, side) })
            {
                if (value != 0 && value != own)
                    problems.Add(SpecProblem.At("spec.size_unfit", path, null, ("network", SnakeCase.From(source.Model.Network)), ("own", Show(own))));
            }

            return;
        }

        foreach (var (path, value) in new[] { ("size.height", size.Height), ("size.width", size.Width) })
        {
            if (value % multiple != 0)
                problems.Add(SpecProblem.At("spec.not_multiple", path, null, ("value", Show(value)), ("of", Show(multiple))));
        }
    }

    /// <summary>Something must be left to make.</summary>
    private static void Given(SamplingSpec spec, TrainingSpec source, List<SpecProblem> problems)
    {
        if (!spec.Task.ShowsFrames())
            return;
        var frames = spec.Size.Frames > 0 ? spec.Size.Frames : source.Data.Frames;
        var most = spec.Task.ShowsBothEnds() ? (frames - 2) / 4 * 2 : frames - 2;
        if (spec.Input.GivenFrames > most)
            problems.Add(SpecProblem.At("spec.given_too_many", "input.given_frames", null, ("given", Show(spec.Input.GivenFrames)), ("frames", Show(frames)), ("most", Show(most))));
    }

    private static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);
}
