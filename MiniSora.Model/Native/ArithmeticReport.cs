namespace MiniSora.Model.Native;

/// <summary>What the numerical self-check found on one device.</summary>
public sealed record ArithmeticReport
{
    /// <summary>Every failed check by name with the error seen, direct convolutions' included; empty when all is right.</summary>
    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>The way <see cref="SafeConvolution"/> takes, or null when none is right.</summary>
    public required ConvolutionPath? Convolution { get; init; }

    /// <summary>Matrix products, normalisation and attention are right.</summary>
    public required bool RestIsRight { get; init; }

    /// <summary>One line for the log and the run's record.</summary>
    public required string Summary { get; init; }

    /// <summary>libtorch's own convolutions were right in every checked case. If not, <see cref="SafeConvolution"/> goes another way.</summary>
    public bool ConvolutionIsSafe => Convolution == ConvolutionPath.Direct;

    /// <summary>A right way exists for everything MiniSora computes. A run refuses to start when false.</summary>
    public bool Trustworthy => RestIsRight && Convolution is not null;
}
