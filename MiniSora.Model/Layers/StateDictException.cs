namespace MiniSora.Model.Layers;

/// <summary>The entries of a state dict do not fit a network; says all of them at once.</summary>
internal sealed class StateDictException(IReadOnlyList<string> missing, IReadOnlyList<string> unexpected, IReadOnlyList<string> misshapen)
    : Exception(string.Join("; ", Part("missing", missing).Concat(Part("unexpected", unexpected)).Concat(misshapen)))
{
    /// <summary>Names the network has and the state dict lacks.</summary>
    public IReadOnlyList<string> Missing { get; } = missing;

    /// <summary>Names the state dict has and the network lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; } = unexpected;

    /// <summary>Entries of another shape, each with both shapes.</summary>
    public IReadOnlyList<string> Misshapen { get; } = misshapen;

    private static IEnumerable<string> Part(string what, IReadOnlyList<string> names) => names.Count == 0 ? [] : [$"{what}: {string.Join(", ", names)}"];
}
