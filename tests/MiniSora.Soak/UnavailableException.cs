namespace MiniSora.Soak;

/// <summary>This machine or this user cannot do what the proof needs: nothing was proved, and nothing was refuted.</summary>
internal sealed class UnavailableException(string needed) : Exception(needed)
{
    /// <summary>What the program then ends with, as test drivers expect of a check that was left out.</summary>
    public const int ExitCode = 77;
}
