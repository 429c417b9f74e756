namespace MiniSora.Model.Weights;

/// <summary>What is wrong with a PyTorch checkpoint.</summary>
public enum TorchFileError
{
    /// <summary>The file ends before what it promises.</summary>
    Truncated,

    /// <summary>The zip archive's structure is not sound.</summary>
    Zip,

    /// <summary>An entry of the archive is compressed or encrypted. <c>torch.save</c> never does that; it is how archives grow when opened.</summary>
    Compressed,

    /// <summary>Two entries of the archive, or two tensors, have one name.</summary>
    Duplicate,

    /// <summary>Two entries of the archive share bytes.</summary>
    Layout,

    /// <summary>Above a limit of <see cref="PickleLimits"/>: size, number of values, length of names.</summary>
    TooLarge,

    /// <summary>Values nested deeper than any checkpoint, or within themselves.</summary>
    Nesting,

    /// <summary>The pickle is not well-formed.</summary>
    Pickle,

    /// <summary>The pickle uses an instruction that <c>torch.save</c> never writes.</summary>
    Opcode,

    /// <summary>The pickle asks for a function that runs programs or code. Nothing was run.</summary>
    Forbidden,

    /// <summary>A tensor's sizes or strides are negative, or too large, or do not fit each other.</summary>
    Shape,

    /// <summary>A tensor lies outside its storage.</summary>
    Range,

    /// <summary>A storage is missing or differs in size from what is said of it.</summary>
    Storage,

    /// <summary>The tensors together are far larger than the file: views that repeat the same bytes.</summary>
    Expansion,

    /// <summary>The file was written on a big-endian machine.</summary>
    ByteOrder,

    /// <summary>A TorchScript program, not a checkpoint.</summary>
    TorchScript,

    /// <summary>There is no such root.</summary>
    Root,

    /// <summary>No tensor under the root.</summary>
    NoTensors,

    /// <summary>A tensor that was asked for is not in the file.</summary>
    Missing,
}

/// <summary>A file that is not a sound PyTorch checkpoint, or lacks what was asked for.</summary>
public sealed class TorchFileException(TorchFileError error, string path, string detail)
    : WeightFileException(CodeOf("torch", error), path, detail)
{
    /// <summary>Which rule is broken.</summary>
    public TorchFileError Error { get; } = error;
}
