using System.CommandLine;
using System.Globalization;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Sampling;
using MiniSora.Model.Text;
using MiniSora.Model.Weights;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora sample</c>: clips from a checkpoint, by the handler of the portal's sampling runs.</summary>
internal static class SampleCommand
{
    public static Command Build(TimeProvider time)
    {
        var spec = new Option<string?>("--spec") { Description = SpecTexts.Get("cli.sample.spec"), HelpName = "FILE" };
        var prompts = new Option<string?>("--prompts") { Description = SpecTexts.Get("cli.sample.prompts"), HelpName = "FILE.jsonl" };
        var output = new Option<string?>("--out") { Description = SpecTexts.Get("cli.sample.out"), HelpName = "FILE.mp4|DIR" };
        var raw = new Option<string?>("--raw") { Description = SpecTexts.Get("cli.sample.raw"), HelpName = "FILE.npy" };
        var sheet = new Option<string?>("--sheet") { Description = SpecTexts.Get("cli.sample.sheet"), HelpName = "FILE.png" };
        var previews = new Option<string?>("--previews") { Description = SpecTexts.Get("cli.sample.previews"), HelpName = "DIR" };
        var sets = new Option<string[]>("--set") { Description = SpecTexts.Get("cli.set"), HelpName = "PATH=VALUE", DefaultValueFactory = _ => [] };
        IReadOnlyList<SampleField> fields = [.. SampleFields.Options(), .. SampleFields.TaskOptions()];
        var command = new Command("sample", SpecTexts.Get("cli.sample")) { spec, prompts, output, raw, sheet, previews, sets };
        foreach (var field in fields)
            command.Options.Add(field.Option);
        var expand = new Option<bool>("--expand") { Description = SpecTexts.Get("cli.sample.expand") };
        command.Options.Add(expand);
        command.SetAction(parsed =>
        {
            var outputs = new SampleOutputs(parsed.GetValue(output), parsed.GetValue(raw), parsed.GetValue(sheet));
            if (outputs.None)
                return Refuse("cli.say.nothing_to_write");
            var file = parsed.GetValue(prompts);
            if (file is not null && parsed.GetValue<string?>("--prompt") is not null)
                return Refuse("cli.say.prompt_or_prompts");
            var sampling = SampleFields.Read(parsed, fields, parsed.GetValue(spec), parsed.GetRequiredValue(sets));
            var dataFolder = DataFolder.Of(parsed);
            if (parsed.GetValue(expand))
                sampling = Expanded(sampling, dataFolder);
            return file is null ? One(sampling, outputs, parsed.GetValue(previews), dataFolder, time) : Many(sampling, file, outputs, dataFolder, time);
        });
        return command;
    }

    private static int One(SamplingSpec spec, SampleOutputs outputs, string? previews, string dataFolder, TimeProvider time)
    {
        SpecInput.Validate(spec, Context(spec));
        // The handler writes into a run's folder; what was asked for is moved out of it.
        var folder = Directory.CreateTempSubdirectory("minisora-sample-");
        try
        {
            return TorchThread.Run(control =>
            {
                var run = new SamplingRun(spec) { Files = outputs.Videos is not null || spec.Original.Length > 0, Previews = previews is not null };
                var context = new RunContext(new RunFolder(folder.FullName), new Dictionary<string, string>(), dataFolder, new TerminalReporter(), control, time);
                if (run.Run(context) is not { Reason: "completed" })
                    return 130;
                if (outputs.Videos is not null)
                    outputs.MoveVideos(Directory.GetFiles(context.Folder.Videos, "*.mp4"));
                outputs.WriteArrays(run.Made, run.Made.Count);
                if (previews is not null && Directory.Exists(context.Folder.Previews))
                    SampleOutputs.MoveInto(previews, Directory.GetFiles(context.Folder.Previews));
                return 0;
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static int Many(SamplingSpec spec, string file, SampleOutputs outputs, string dataFolder, TimeProvider time)
    {
        var lines = PromptFile.Read(file, spec, Context(spec));
        return TorchThread.Run(control =>
        {
            var folder = Directory.GetCurrentDirectory();
            var context = new RunContext(new RunFolder(folder), new Dictionary<string, string>(), dataFolder, new TerminalReporter(), control, time);
            using var session = SamplingSession.Open(context, spec);
            var inputs = new TaskInputs(name => name, control.Leaving);
            var requests = lines.Select(line => inputs.Request(line, session.SizeOf(line.Size), line.Seed)).ToList();
            context.Phase("phase.sample", 0);
            var clips = session.Draw(requests, spec.Sampler, null, control.Cancelled);
            var written = outputs.WithVideos(
                clips, (clip, index, path) => SampleOutputs.WriteVideo(inputs.ByContent(lines[index], session.CheckpointHash), clip, path, control.Cancelled), requests.Count);
            outputs.WriteArrays(written, requests.Count);
            foreach (var warning in session.Warnings)
                context.Warning(warning);
            return 0;
        });
    }

    /// <summary>What the checkpoint says about itself decides which solvers and tasks there are; a broken one is reported when it is opened.</summary>
    internal static SpecContext Context(SamplingSpec spec) =>
        Context(spec.Checkpoint, new SpecContext { ImageExists = File.Exists, VideoExists = File.Exists, NearestAverage = true });

    /// <summary>What is known, and what a checkpoint says about itself.</summary>
    internal static SpecContext Context(string checkpoint, SpecContext known)
    {
        var context = known with { CheckpointExists = name => CheckpointShelf.Find(name) is not null };
        if (CheckpointShelf.Find(checkpoint) is not { } path)
            return context;
        try
        {
            var (spec, step) = VideoSampler.OriginOf(path);
            return context with { Source = SpecYaml.Read(spec).Spec as TrainingSpec, SourceStep = step };
        }
        catch (Exception unreadable) when (unreadable is SafeTensorsException or IOException)
        {
            return context;
        }
    }

    /// <summary>The spec with its prompt expanded for the checkpoint's dataset, which is said.</summary>
    private static SamplingSpec Expanded(SamplingSpec spec, string dataFolder)
    {
        if (Context(spec).Source is not { } source)
            return spec;
        var captions = source.Data.Dataset == DatasetCatalog.Emoji ? EmojiDataset.CaptionsIn(dataFolder) : [];
        var chinese = CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "zh";
        if (PromptExpander.Expand(source.Data.Dataset, spec.Prompt, spec.Seed, captions, chinese) is not { } expansion)
        {
            Say.Line("cli.say.not_expanded", ("dataset", source.Data.Dataset));
            return spec;
        }

        Say.Line("cli.say.expanded", ("prompt", expansion.Prompt), ("added", string.Join(", ", expansion.Added)));
        return spec with { Prompt = expansion.Prompt };
    }

    private static int Refuse(string key)
    {
        Console.Error.WriteLine(SpecTexts.Get(key));
        return 2;
    }
}
