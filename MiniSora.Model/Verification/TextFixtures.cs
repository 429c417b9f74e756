namespace MiniSora.Model.Verification;

internal static class TextFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
