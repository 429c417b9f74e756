using System.Diagnostics;
using System.Globalization;

namespace MiniSora.Jobs.Worker;

/// <summary>A device that a worker offers, with the class it has.</summary>
/// <param name="Name"><c>cpu</c> or <c>cuda:0</c> …</param>
internal sealed record WorkerDevice(string Name, MemoryClass Memory)
{
    /// <summary>Environment in which a run process sees this device and no other: "auto" and "cuda:0" then mean it.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment =>
        [KeyValuePair.Create("CUDA_VISIBLE_DEVICES", Name == "cpu" ? "" : Name["cuda:".Length..])];

    /// <summary>The devices that somebody named; <c>auto</c>: every card of the machine, or the processor when it has none. Null: a name that means nothing.</summary>
    public static IReadOnlyList<WorkerDevice>? Find(IReadOnlyList<string> names, MemoryClass? chosen)
    {
        var cards = Cards();
        var devices = new List<WorkerDevice>();
        foreach (var name in names)
        {
            if (name == "auto")
                devices.AddRange(cards.Count == 0 ? [new("cpu", MemoryClass.Cpu)] : cards.Select((bytes, index) => Card(index, bytes)));
            else if (name == "cpu")
                devices.Add(new("cpu", MemoryClass.Cpu));
            else if (name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && (index < cards.Count || chosen is not null))
                devices.Add(Card(index, index < cards.Count ? cards[index] : 0));
            else
                return null;
        }

        return [.. devices.Select(device => chosen is { } memory ? device with { Memory = memory } : device).DistinctBy(device => device.Name)];
    }

    private static WorkerDevice Card(int index, long bytes) => new(string.Create(CultureInfo.InvariantCulture, $"cuda:{index}"), MemoryClasses.OfCard(bytes));

    /// <summary>Bytes of each NVIDIA card; none when the driver's program is not there. libtorch is not loaded for a look.</summary>
    private static List<long> Cards()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("nvidia-smi", "--query-gpu=memory.total --format=csv,noheader,nounits") { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null)
                return [];
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            process.WaitForExit();
            return process.ExitCode == 0 ? [.. lines.Select(line => long.Parse(line, CultureInfo.InvariantCulture) << 20)] : [];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return [];
        }
    }
}
