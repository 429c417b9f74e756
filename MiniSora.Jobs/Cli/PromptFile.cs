using System.Text.Json;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Cli;

/// <summary>One line of a prompt file. Paths of images are relative to the file.</summary>
internal sealed record PromptLine(string Prompt, long Seed, string? Image);

/// <summary>JSON lines with <c>prompt</c>, <c>seed</c> and optionally <c>image</c>; blank lines are skipped.</summary>
internal static class PromptFile
{
    private const int LongestPrompt = 500;

    /// <summary>All lines. Throws with every line that cannot be used.</summary>
    public static IReadOnlyList<PromptLine> Read(string path)
    {
        if (!File.Exists(path))
            throw new BadInputException([SpecProblem.At("spec.file_missing", "", null, ("file", path), ("recipes", "–"))]);
        var problems = new List<SpecProblem>();
        var lines = new List<PromptLine>();
        var number = 0;
        foreach (var text in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(text) && Parse(text, number, Path.GetDirectoryName(Path.GetFullPath(path))!, problems) is { } line)
                lines.Add(line);
        }

        if (lines.Count == 0 && problems.Count == 0)
            problems.Add(SpecProblem.At("spec.prompts_empty", "", null));
        return problems.Count == 0 ? lines : throw new BadInputException(problems);
    }

    /// <summary>What the sampler takes; every image is read once.</summary>
    public static IReadOnlyList<SampleRequest> Requests(IReadOnlyList<PromptLine> lines, int size)
    {
        var images = lines.Where(line => line.Image is not null).Select(line => line.Image!).Distinct().ToDictionary(path => path, path => ImageFile.ReadRgb(path, size));
        return [.. lines.Select(line => new SampleRequest(line.Prompt, line.Seed, line.Image is null ? null : images[line.Image]))];
    }

    private static PromptLine? Parse(string text, int number, string folder, List<SpecProblem> problems)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            var prompt = root.GetProperty("prompt").GetString() ?? throw new JsonException("prompt is null");
            var seed = root.GetProperty("seed").GetInt64();
            var image = root.TryGetProperty("image", out var named) ? Path.Combine(folder, named.GetString()!) : null;
            if (prompt.Length > LongestPrompt)
                problems.Add(SpecProblem.At("spec.text_too_long", "prompt", number, ("max", $"{LongestPrompt}"), ("length", $"{prompt.Length}")));
            if (image is not null && !File.Exists(image))
                problems.Add(SpecProblem.At("spec.image_missing", "image", number, ("image", image)));
            return new PromptLine(prompt, seed, image);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            problems.Add(SpecProblem.At("spec.prompts_line", "", number, ("detail", error.Message)));
            return null;
        }
    }
}
