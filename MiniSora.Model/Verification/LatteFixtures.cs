namespace MiniSora.Model.Verification;

internal static class LatteFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
