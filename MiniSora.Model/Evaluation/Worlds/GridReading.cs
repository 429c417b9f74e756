using MiniSora.Model.Datasets.Worlds;

namespace MiniSora.Model.Evaluation.Worlds;

/// <summary>What a clip of the grid game shows (models.md §3, row 17).</summary>
/// <param name="Positions">The player's column and row in every tick, or null where there is none.</param>
/// <param name="Walls">[rows, columns], as the first tick shows them.</param>
/// <param name="WallsKept">Share of the walls that every tick shows.</param>
public sealed record GridReading(IReadOnlyList<(int X, int Y)?> Positions, bool[,] Walls, double WallsKept)
{
    private const int LeastYellow = 60;
    private const int GreyAbove = 56;
    private const int GreyBelow = 160;
    private const int GreyChroma = 50;

    /// <summary>Reads a clip, uint8 [T, H, W, 3].</summary>
    public static GridReading Read(byte[] pixels, int frames, int height, int width)
    {
        var side = Math.Min(height, width) / GridGame.Cells;
        var (rows, columns) = (height / side, width / side);
        var clip = new WorldFrames(pixels, frames, height, width);
        var positions = new List<(int, int)?>();
        var walls = new bool[rows, columns];
        var (kept, seen) = (0, 0);
        for (var t = GridGame.TickFrames - 1; t < frames; t += GridGame.TickFrames)
        {
            (int, int)? player = null;
            var most = LeastYellow;
            for (var y = 0; y < rows; y++)
            {
                for (var x = 0; x < columns; x++)
                {
                    var (r, g, b) = Mean(clip, t, x * side, y * side, side);
                    if (Math.Min(r, g) - b > most)
                        (most, player) = (Math.Min(r, g) - b, (x, y));
                    var wall = Math.Max(r, Math.Max(g, b)) - Math.Min(r, Math.Min(g, b)) < GreyChroma && (r + g + b) / 3 is > GreyAbove and < GreyBelow;
                    if (t == GridGame.TickFrames - 1)
                        walls[y, x] = wall;
                    else if (walls[y, x])
                        (kept, seen) = (kept + (wall ? 1 : 0), seen + 1);
                }
            }

            positions.Add(player);
        }

        return new(positions, walls, seen == 0 ? 1 : (double)kept / seen);
    }

    /// <summary>
    /// Share of the actions that did what the rules say, each judged from where the player was seen before it, so that one mistake counts once.
    /// </summary>
    public double Following(IReadOnlyList<GridAction> actions)
    {
        var judged = Math.Min(actions.Count, Positions.Count - 1);
        if (judged <= 0)
            return 0;
        var right = Enumerable.Range(0, judged).Count(i => Positions[i] is { } from && Positions[i + 1] is { } to && GridGame.Step(from, actions[i], Walls) == to);
        return (double)right / judged;
    }

    internal WorldVerdict Judge(IReadOnlyList<GridAction> actions)
    {
        var following = Following(actions);
        return new(
            following == 1 && WallsKept > 0.9,
            new Dictionary<string, double> { ["following"] = following, ["walls_kept"] = WallsKept, ["player_seen"] = Positions.Average(position => WorldVerdict.Share(position is not null)) });
    }

    private static (int R, int G, int B) Mean(WorldFrames clip, int frame, int left, int top, int side)
    {
        var (r, g, b) = (0, 0, 0);
        for (var y = top; y < top + side; y++)
        {
            for (var x = left; x < left + side; x++)
            {
                var pixel = clip.Rgb(frame, y, x);
                (r, g, b) = (r + pixel.R, g + pixel.G, b + pixel.B);
            }
        }

        return (r / (side * side), g / (side * side), b / (side * side));
    }
}
