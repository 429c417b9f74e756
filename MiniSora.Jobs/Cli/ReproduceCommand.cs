using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora reproduce VIDEO</c>: makes a video again from what its file says and tells how near the two are.</summary>
internal static class ReproduceCommand
{
    public static Command Build(TimeProvider time)
    {
        var video = new Argument<string>("VIDEO") { Description = SpecTexts.Get("cli.reproduce.video") };
        var output = new Option<string?>("--out") { Description = SpecTexts.Get("cli.reproduce.out"), HelpName = "FILE.mp4" };
        var json = new Option<bool>("--json") { Description = SpecTexts.Get("cli.evaluate.json") };
        var sets = new Option<string[]>("--set") { Description = SpecTexts.Get("cli.reproduce.set"), HelpName = "PATH=VALUE", DefaultValueFactory = _ => [] };
        var fields = SampleFields.Options().Where(field => field.Path is "checkpoint" or "device").ToList();
        var command = new Command("reproduce", SpecTexts.Get("cli.reproduce")) { video, output, json, sets };
        foreach (var field in fields)
            command.Options.Add(field.Option);
        command.SetAction((parsed, cancellationToken) =>
        {
            var given = fields.Select(field => (field.Path, Value: parsed.GetValue(field.Option))).Where(field => field.Value is not null).Select(field => $"{field.Path}={field.Value}");
            return RunAsync(parsed.GetRequiredValue(video), [.. given, .. parsed.GetRequiredValue(sets)], parsed.GetValue(output), parsed.GetValue(json), DataFolder.Of(parsed), time, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(string video, IReadOnlyList<string> sets, string? output, bool json, string dataFolder, TimeProvider time, CancellationToken cancellationToken)
    {
        var spec = await SpecAsync(video, sets, cancellationToken).ConfigureAwait(false);
        SpecInput.Validate(spec, SampleCommand.Context(spec));
        var folder = Directory.CreateTempSubdirectory("minisora-reproduce-");
        try
        {
            var run = new SamplingRun(spec) { Previews = false };
            var context = new RunFolder(folder.FullName);
            if (TorchThread.Run(control => run.Run(new RunContext(context, new Dictionary<string, string>(), dataFolder, new TerminalReporter(), control, time))) is not { Reason: "completed" })
                return 130;
            if (output is not null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
                File.Move(Path.Combine(context.Videos, "clip-000.mp4"), output, overwrite: true);
            }

            var likeness = run.Likeness!;
            Console.WriteLine(json
                ? JsonSerializer.Serialize(new { reproduced = likeness.IsReproduced, exact = likeness.Exact, psnr = likeness.Psnr, ssim = likeness.Ssim })
                : SpecTexts.Format(
                    likeness.Exact ? "cli.reproduce.exact" : likeness.IsReproduced ? "cli.reproduce.near" : "cli.reproduce.different", null,
                    ("psnr", likeness.Psnr.ToString("0.0", CultureInfo.InvariantCulture)), ("ssim", likeness.Ssim.ToString("0.0000", CultureInfo.InvariantCulture))));
            return likeness.IsReproduced ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The spec in the file, for its one clip. Throws with all problems.</summary>
    private static async Task<SamplingSpec> SpecAsync(string video, IReadOnlyList<string> sets, CancellationToken cancellationToken)
    {
        if (!File.Exists(video))
            throw new BadInputException([SpecProblem.At("spec.video_missing", "VIDEO", null, ("video", video))]);
        var tags = await VideoFile.ReadTagsAsync(video, cancellationToken).ConfigureAwait(false);
        if (!tags.TryGetValue(MediaTags.Spec, out var yaml) || !tags.TryGetValue(MediaTags.Seed, out var text) || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
            throw new BadInputException([SpecProblem.At("spec.video_says_nothing", "VIDEO", null, ("video", video))]);
        // Another checkpoint would make another video, and that is no news.
        var spec = SpecInput.Read<SamplingSpec>(yaml, sets) with { Clips = 1, Seed = seed, CacheChecks = 0, Original = Path.GetFullPath(video) };
        var made = tags.GetValueOrDefault(MediaTags.Checkpoint) ?? "";
        if (CheckpointShelf.Find(spec.Checkpoint) is { } path && FileHash.Sha256(path) != made)
            throw new BadInputException([SpecProblem.At("spec.other_checkpoint", "checkpoint", null, ("checkpoint", spec.Checkpoint), ("sha256", made))]);
        return spec;
    }
}
