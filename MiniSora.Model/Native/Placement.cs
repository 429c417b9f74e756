using System.Globalization;
using MiniSora.Model.Training;
using TorchSharp;

namespace MiniSora.Model.Native;

/// <summary>
/// Where a network runs and in what arithmetic. <paramref name="Compute"/> is Float32 or BFloat16; master weights are fp32 in both.
/// Layers take it from here and never ask for CUDA themselves.
/// </summary>
public sealed record Placement(torch.Device Device, torch.ScalarType Compute)
{
    /// <summary>fp32 on the processor.</summary>
    public static Placement Cpu => new(torch.CPU, torch.ScalarType.Float32);

    /// <summary>
    /// Parses <c>auto</c> (the first GPU if there is one, else the processor), <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.
    /// <see cref="Precision.Auto"/> means bf16 on a GPU and fp32 on the processor, where the trainer's calibration decides.
    /// Throws <see cref="PlacementException"/> when the text or the machine does not fit.
    /// </summary>
    public static Placement Parse(string device, Precision precision)
    {
        TorchRuntime.EnsureLoaded();
        var chosen = ParseDevice(device);
        var bf16 = precision == Precision.Bf16 || (precision == Precision.Auto && chosen.type == DeviceType.CUDA);
        return new Placement(chosen, bf16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32);
    }

    private static torch.Device ParseDevice(string text)
    {
        switch (text)
        {
            case "auto": return torch.cuda.is_available() ? torch.device("cuda:0") : torch.CPU;
            case "cpu": return torch.CPU;
            case "cuda": return Cuda(0);
        }

        if (text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return Cuda(index);
        throw new PlacementException("device_unknown", $"Unknown device \"{text}\": use auto, cpu or cuda:N.");
    }

    private static torch.Device Cuda(int index)
    {
        if (!torch.cuda.is_available())
            throw new PlacementException("device_missing", "No CUDA device: this build or machine has none. Use auto or cpu, or build with -p:TorchBackend=cuda.");
        var count = torch.cuda.device_count();
        if (index >= count) throw new PlacementException("device_missing", $"cuda:{index} does not exist: this machine has {count} CUDA device(s).");
        return torch.device($"cuda:{index}");
    }
}

/// <summary>The wanted device is not there. <see cref="Code"/> is <c>device_unknown</c> or <c>device_missing</c>.</summary>
public sealed class PlacementException(string code, string message) : Exception(message)
{
    /// <summary>Stable code for the texts of both languages.</summary>
    public string Code { get; } = code;
}
