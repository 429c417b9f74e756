namespace MiniSora.Model.Verification;

internal static class VaeFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
