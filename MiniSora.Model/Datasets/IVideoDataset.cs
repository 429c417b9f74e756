namespace MiniSora.Model.Datasets;

/// <summary>A caption in the languages it exists in; at least one is not empty.</summary>
public sealed record Caption(string? English, string? Chinese);

/// <summary>One captioned clip. <paramref name="Frames"/> is uint8 [T, H, W, 3], RGB, row-major.</summary>
public sealed record Clip(byte[] Frames, Caption Caption);

/// <summary>
/// Captioned clips of one size. <see cref="Read"/> is a pure function of its arguments and may be called from
/// several threads, so a training run's data cursor is just its step number.
/// </summary>
public interface IVideoDataset
{
    /// <summary>Identifier used in specs, e.g. <c>shapes</c>, <c>emoji</c>.</summary>
    string Id { get; }

    /// <summary>SHA-256 (hex) over what the clips are made of; part of a run's record.</summary>
    string Fingerprint { get; }

    /// <summary>Frames per clip, T.</summary>
    int Frames { get; }

    /// <summary>Height in pixels, H.</summary>
    int Height { get; }

    /// <summary>Width in pixels, W.</summary>
    int Width { get; }

    /// <summary>Number of distinct clips (procedural sets: of an epoch).</summary>
    long Count { get; }

    /// <summary>Names of the classes that clips fall into; empty for a set without classes.</summary>
    IReadOnlyList<Caption> Classes => [];

    /// <summary>Class of clip number <paramref name="index"/>, an index into <see cref="Classes"/>.</summary>
    int ClassOf(long index) => throw new InvalidOperationException($"the dataset {Id} has no classes");

    /// <summary>Clip number <paramref name="index"/> in [0, Count); <paramref name="random"/> drives augmentation.</summary>
    Clip Read(long index, SplitMix64 random);
}
