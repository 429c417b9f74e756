namespace MiniSora.Fuzz;

/// <summary>A reader under test.</summary>
/// <param name="Name">Of the format.</param>
/// <param name="Corpus">Sound files.</param>
/// <param name="Read">
/// Reads a damaged one (its bytes, a path at which they lie when <see cref="WantsFile"/>) and names what came of it: <c>read</c>, or the code of a refusal.
/// Whatever it throws is a finding.
/// </param>
internal sealed record Target(string Name, IReadOnlyList<byte[]> Corpus, Func<byte[], string, string> Read)
{
    /// <summary>Whether the bytes must lie in a file.</summary>
    public bool WantsFile { get; init; }
}
