using System.Globalization;

namespace MiniSora.Jobs.Worker;

/// <summary>
/// How much memory a slot offers or a run needs; also the name of a queue. A slot takes its own class and every smaller one.
/// </summary>
public enum MemoryClass
{
    /// <summary>The processor and the machine's own memory.</summary>
    Cpu,

    /// <summary>A GPU with 8 GB.</summary>
    G8,

    /// <summary>16 GB.</summary>
    G16,

    /// <summary>24 GB.</summary>
    G24,

    /// <summary>48 GB.</summary>
    G48,

    /// <summary>80 GB.</summary>
    G80,
}

/// <summary>Names and sizes of memory classes.</summary>
public static class MemoryClasses
{
    // Cards offer a little less than their name says, and a driver takes its part.
    private const double Usable = 0.92;

    private static readonly (MemoryClass Class, int Gigabytes)[] Sizes =
        [(MemoryClass.G8, 8), (MemoryClass.G16, 16), (MemoryClass.G24, 24), (MemoryClass.G48, 48), (MemoryClass.G80, 80)];

    /// <summary>From small to large.</summary>
    public static IReadOnlyList<MemoryClass> All { get; } = Enum.GetValues<MemoryClass>();

    /// <summary>Name of the class and of its queue: <c>cpu</c>, <c>8g</c> … <c>80g</c>.</summary>
    public static string NameOf(MemoryClass memory) =>
        memory == MemoryClass.Cpu ? "cpu" : string.Create(CultureInfo.InvariantCulture, $"{Sizes.First(size => size.Class == memory).Gigabytes}g");

    /// <summary>The class of that name; null when there is none.</summary>
    public static MemoryClass? Parse(string name) => All.Where(memory => NameOf(memory) == name).Select(memory => (MemoryClass?)memory).FirstOrDefault();

    /// <summary>Queues of a slot: its own class and the smaller ones.</summary>
    public static IReadOnlyList<string> QueuesOf(MemoryClass slot) => [.. All.Where(memory => memory <= slot).Reverse().Select(NameOf)];

    /// <summary>The class that a GPU with so many bytes offers; <see cref="MemoryClass.Cpu"/> when it is too small for any.</summary>
    public static MemoryClass OfCard(long bytes) => Sizes.LastOrDefault(size => bytes >= size.Gigabytes * 1e9 * Usable) is { Gigabytes: > 0 } found ? found.Class : MemoryClass.Cpu;

    /// <summary>The smallest GPU class in which a run of so many bytes fits; the largest when it fits in none.</summary>
    public static MemoryClass OfNeed(long bytes) => Sizes.FirstOrDefault(size => bytes <= size.Gigabytes * 1e9 * Usable) is { Gigabytes: > 0 } found ? found.Class : MemoryClass.G80;
}
