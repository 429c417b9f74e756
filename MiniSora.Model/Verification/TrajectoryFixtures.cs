namespace MiniSora.Model.Verification;

/// <summary>Whole sampling trajectories with a small network.</summary>
internal static class TrajectoryFixtures
{
    public static void Run(Fixture fixture, Comparison comparison) => comparison.Fail("not yet");
}
