namespace MiniSora.Model.Verification;

/// <summary>
/// Runs one kind of entry through the public types of training and sampling.
/// <see cref="Handles"/> decides by family, configuration and the names of the tensors, never by the file's name, so that any
/// folder of this format can be verified.
/// </summary>
internal sealed record FixtureRunner(string Name, Func<Fixture, bool> Handles, Action<Fixture, Comparison> Run);

/// <summary>Every runner; the first that handles an entry runs it.</summary>
internal static class FixtureRunners
{
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        .. DitFixtures.All, .. LatteFixtures.All, .. FlowFixtures.All, .. DiffusionFixtures.All, .. SolverFixtures.All,
        .. CascadeFixtures.All, .. TextFixtures.All, .. VaeFixtures.All, .. MetricsFixtures.All, .. OptimizerFixtures.All,
    ];
}
