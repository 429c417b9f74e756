namespace MiniSora.Model.Verification;

internal static class FlowFixtures
{
    public static IReadOnlyList<FixtureRunner> All { get; } = [];
}
