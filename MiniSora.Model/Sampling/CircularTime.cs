using MiniSora.Model.Layers;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>
/// Time as a circle (models.md §3, row 11b): before every evaluation the latent frames are turned by a random number, after it the velocity is
/// turned back. Over the evaluations each pair of neighbours, the last and the first among them, stands inside the window about as often.
/// </summary>
internal static class CircularTime
{
    /// <summary>The velocity of states [1, F, …] on a circle of <paramref name="frames"/> = F; a pure function of the seed and the number of the evaluation.</summary>
    public static OdeSolver.Velocity Around(OdeSolver.Velocity velocity, long frames, long seed)
    {
        var random = SplitMix64.For((ulong)seed, SeedLanes.Circle);
        return (x, t) =>
        {
            using var scope = NewDisposeScope();
            var turn = random.Below(frames);
            return velocity(x.roll(turn, 1), t).roll(-turn, 1).MoveToOuterDisposeScope();
        };
    }
}
