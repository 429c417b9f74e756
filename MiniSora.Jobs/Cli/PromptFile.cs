using System.Globalization;
using System.Text.Json;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary>
/// JSON lines, one clip each: <c>prompt</c>, <c>seed</c>, and any other setting of a sampling spec that differs from the command's, by its path or the
/// last part of it (<c>"task": "edit", "video": "a.mp4", "strength": 0.5</c>). Paths of files are relative to the file; blank lines are skipped.
/// </summary>
internal static class PromptFile
{
    private static readonly HashSet<string> Files = ["image", "input.video", "input.second_video"];

    /// <summary>The spec of every line. Throws with every line that cannot be used.</summary>
    public static IReadOnlyList<SamplingSpec> Read(string path, SamplingSpec basis, SpecContext context)
    {
        if (!File.Exists(path))
            throw new BadInputException([SpecProblem.At("spec.file_missing", "", null, ("file", path), ("recipes", "–"))]);
        var problems = new List<SpecProblem>();
        var lines = new List<SamplingSpec>();
        var number = 0;
        foreach (var text in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(text) && Parse(text, number, Path.GetDirectoryName(Path.GetFullPath(path))!, basis, context, problems) is { } line)
                lines.Add(line);
        }

        if (lines.Count == 0 && problems.Count == 0)
            problems.Add(SpecProblem.At("spec.prompts_empty", "", null));
        return problems.Count == 0 ? lines : throw new BadInputException(problems);
    }

    private static SamplingSpec? Parse(string text, int number, string folder, SamplingSpec basis, SpecContext context, List<SpecProblem> problems)
    {
        var found = new List<SpecProblem>();
        SamplingSpec? spec = null;
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            _ = root.GetProperty("prompt").GetString() ?? throw new JsonException("prompt is null");
            _ = root.GetProperty("seed").GetInt64();
            spec = basis with { Clips = 1 };
            foreach (var property in root.EnumerateObject())
                spec = Set(spec, property, folder, found);
            if (!root.TryGetProperty("task", out _) && root.TryGetProperty("image", out _))
                spec = spec with { Task = SamplingTask.ImageToVideo };
            // A line may leave its prompt empty: the null caption is a prompt too. The rest is checked as if it had one.
            var said = string.IsNullOrWhiteSpace(spec.Prompt) ? spec with { Prompt = "-" } : spec;
            found.AddRange(SpecValidator.Validate(said, context).Where(problem => problem.Path != "prompt" || said == spec));
            if (spec.Prompt.Length > 0)
                spec = spec with { Name = spec.Prompt.Length <= 120 ? spec.Prompt : spec.Prompt[..120] };
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            found.Add(SpecProblem.At("spec.prompts_line", "", null, ("detail", error.Message)));
        }

        problems.AddRange(found.Select(problem => problem with { Line = number }));
        return spec;
    }

    private static SamplingSpec Set(SamplingSpec spec, JsonProperty property, string folder, List<SpecProblem> problems)
    {
        var field = SpecSchema.Find(SpecKind.Sampling, property.Name)
            ?? SpecSchema.Sampling.FirstOrDefault(field => field.Path == "input." + property.Name || field.Path == "size." + property.Name)
            ?? SpecSchema.Sampling.FirstOrDefault(field => field.Path == "sampler." + property.Name);
        // What describes a line to other programs does not concern us; a setting of all lines cannot change in one.
        if (field is null || field.Path is "checkpoint" or "device" or "clips" or "original" || field.Group == "sampler")
            return spec;
        var value = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText();
        if (Files.Contains(field.Path) && value.Length > 0)
            value = Path.Combine(folder, value);
        return SpecOverride.Apply(spec, string.Create(CultureInfo.InvariantCulture, $"{field.Path}={value}"), problems);
    }
}
