namespace MiniSora.Model.Verification;

internal static class DiffusionFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
