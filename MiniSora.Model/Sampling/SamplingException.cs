namespace MiniSora.Model.Sampling;

/// <summary>
/// A request that a checkpoint cannot fulfil. Codes: <c>class_unknown</c> (prompt, nearest), <c>solver_unfit</c> (solver, choices),
/// <c>task_unfit</c> (network, task), <c>size_unfit</c> (size, frames, pixels), <c>clip_too_short</c> (frames, needed),
/// <c>likelihood_unfit</c>.
/// </summary>
public sealed class SamplingException(string code, string message, IReadOnlyDictionary<string, string> arguments) : Exception(message)
{
    internal SamplingException(string code, string message, params (string Name, string Value)[] arguments)
        : this(code, message, arguments.ToDictionary(pair => pair.Name, pair => pair.Value))
    {
    }

    /// <summary>Stable code.</summary>
    public string Code { get; } = code;

    /// <summary>Named values of the sentence.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; } = arguments;

    /// <summary>All codes.</summary>
    public static IReadOnlyList<string> Codes { get; } = ["class_unknown", "solver_unfit", "task_unfit", "size_unfit", "clip_too_short", "likelihood_unfit"];
}
