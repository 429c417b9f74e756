namespace MiniSora.Model.Verification;

internal static class CascadeFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
