using System.Globalization;

namespace MiniSora.Model.Weights.Import;

/// <summary>What became of the tensors of a published file.</summary>
public sealed record ImportReport
{
    /// <summary>Format of the file, and the key its tensors were under.</summary>
    public required string Source { get; init; }

    /// <summary>Layout that was recognised.</summary>
    public required string Layout { get; init; }

    /// <summary>Tensors that were taken over, by our name, and the names in the file that they came from.</summary>
    public required IReadOnlyList<(string Name, string From)> Mapped { get; init; }

    /// <summary>Numbers in them.</summary>
    public required long Numbers { get; init; }

    /// <summary>What was left, and why.</summary>
    public required IReadOnlyList<SkippedValue> Skipped { get; init; }

    /// <summary>Source and layout in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Source}, {Layout}: {Mapped.Count} tensors, {Numbers:N0} numbers");

    internal static string SourceOf(WeightFile file) => file.Root.Length == 0 ? file.Format.ToString() : $"{file.Format} \"{file.Root}\"";
}
