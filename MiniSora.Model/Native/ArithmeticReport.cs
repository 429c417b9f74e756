namespace MiniSora.Model.Native;

/// <summary>What the numerical self-check found on one device.</summary>
public sealed record ArithmeticReport
{
    /// <summary>Every failed check, by name, with the largest error seen; empty when all is right.</summary>
    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>Direct conv2d was right in every checked case. If not, <see cref="SafeConvolution"/> takes another way.</summary>
    public required bool ConvolutionIsSafe { get; init; }

    /// <summary>Some right way exists for everything MiniSora uses. A run refuses to start when false.</summary>
    public required bool Trustworthy { get; init; }

    /// <summary>One line for the log and the run's record.</summary>
    public required string Summary { get; init; }
}
