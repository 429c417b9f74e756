namespace MiniSora.Model.Sampling;

/// <summary>
/// A request that a checkpoint cannot fulfil. Codes: <c>class_unknown</c> (prompt, nearest), <c>solver_unfit</c> (solver, choices),
/// <c>first_frame_unfit</c> (network), <c>likelihood_unfit</c>.
/// </summary>
public sealed class SamplingException(string code, string message, IReadOnlyDictionary<string, string> arguments) : Exception(message)
{
    /// <summary>Stable code.</summary>
    public string Code { get; } = code;

    /// <summary>Named values of the sentence.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; } = arguments;

    /// <summary>All codes.</summary>
    public static IReadOnlyList<string> Codes { get; } = ["class_unknown", "solver_unfit", "first_frame_unfit", "likelihood_unfit"];
}
