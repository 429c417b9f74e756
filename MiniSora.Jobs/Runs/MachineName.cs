using System.Globalization;
using TorchSharp;

namespace MiniSora.Jobs.Runs;

/// <summary>What a run was computed on, in words: times and energies of two different ones cannot be compared.</summary>
internal static class MachineName
{
    /// <summary>E.g. <c>AMD EPYC 9B14 × 2</c>, the number being torch's threads, or the name of the card.</summary>
    public static string Of(torch.Device device) =>
        device.type == DeviceType.CUDA ? Card(device.index) ?? "cuda" : string.Create(CultureInfo.InvariantCulture, $"{Processor()} × {torch.get_num_threads()}");

    private static string Processor() =>
        Value("/proc/cpuinfo", "model name") ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();

    private static string? Card(int index)
    {
        const string folder = "/proc/driver/nvidia/gpus";
        if (!Directory.Exists(folder))
            return null;
        var cards = Directory.GetDirectories(folder).Order(StringComparer.Ordinal).ToList();
        return Math.Max(0, index) < cards.Count ? Value(Path.Combine(cards[Math.Max(0, index)], "information"), "Model") : null;
    }

    private static string? Value(string file, string key) => !File.Exists(file) ? null : File.ReadLines(file)
        .Select(line => line.Split(':', 2)).FirstOrDefault(parts => parts.Length == 2 && parts[0].Trim() == key)?[1].Trim();
}
