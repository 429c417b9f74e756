namespace MiniSora.Model.Verification;

internal static class OptimizerFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
