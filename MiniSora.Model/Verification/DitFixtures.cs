namespace MiniSora.Model.Verification;

internal static class DitFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
