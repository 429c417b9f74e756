namespace MiniSora.Model.Verification;

internal static class SolverFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
