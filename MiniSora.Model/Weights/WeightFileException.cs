using System.Text.Json;

namespace MiniSora.Model.Weights;

/// <summary>A file of weights that is not sound, is of no known format, or lacks what was asked for. The message begins with the file's name.</summary>
/// <param name="code">Stable name of the broken rule, such as <c>safetensors_truncated</c> or <c>torch_forbidden</c>.</param>
/// <param name="path">The file.</param>
/// <param name="detail">What is wrong, as a sentence.</param>
public abstract class WeightFileException(string code, string path, string detail) : Exception($"{Path.GetFileName(path)}: {detail}")
{
    /// <summary>Stable name of the broken rule: for logs, translations and callers that decide by it.</summary>
    public string Code { get; } = code;

    private protected static string CodeOf<T>(string format, T error) where T : struct, Enum =>
        $"{format}_{JsonNamingPolicy.SnakeCaseLower.ConvertName(error.ToString())}";
}
