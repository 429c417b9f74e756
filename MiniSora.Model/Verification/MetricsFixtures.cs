namespace MiniSora.Model.Verification;

internal static class MetricsFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
