using static TorchSharp.torch;

namespace MiniSora.Model.Weights;

/// <summary>The classes by which PyTorch names the type of a storage.</summary>
internal static class TorchStorageType
{
    /// <summary>Element type (null: not supported here, such tensors are skipped) and bytes of an element; null for an unknown class.</summary>
    internal static (ScalarType? Type, int Bytes)? Parse(string fullName) => fullName.Replace("torch.cuda.", "torch.", StringComparison.Ordinal) switch
    {
        "torch.DoubleStorage" => (ScalarType.Float64, 8),
        "torch.FloatStorage" => (ScalarType.Float32, 4),
        "torch.HalfStorage" => (ScalarType.Float16, 2),
        "torch.BFloat16Storage" => (ScalarType.BFloat16, 2),
        "torch.LongStorage" => (ScalarType.Int64, 8),
        "torch.IntStorage" => (ScalarType.Int32, 4),
        "torch.ShortStorage" => (ScalarType.Int16, 2),
        "torch.CharStorage" => (ScalarType.Int8, 1),
        "torch.ByteStorage" => (ScalarType.Byte, 1),
        "torch.BoolStorage" => (ScalarType.Bool, 1),
        "torch.ComplexFloatStorage" => (null, 8),
        "torch.ComplexDoubleStorage" => (null, 16),
        "torch.QInt8Storage" or "torch.QUInt8Storage" or "torch.UntypedStorage" or "torch.storage.UntypedStorage" or "torch.storage._UntypedStorage" => (null, 1),
        "torch.QInt32Storage" => (null, 4),
        _ => null,
    };
}
