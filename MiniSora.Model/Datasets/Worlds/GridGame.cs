using MiniSora.Model.Sampling;

namespace MiniSora.Model.Datasets.Worlds;

/// <summary>What the player of the grid game does in a tick.</summary>
public enum GridAction
{
    /// <summary>One cell to the right.</summary>
    Right,

    /// <summary>One cell to the left.</summary>
    Left,

    /// <summary>One cell up.</summary>
    Up,

    /// <summary>One cell down.</summary>
    Down,

    /// <summary>Nothing.</summary>
    Stay,
}

/// <summary>
/// A digital world with actions (models.md §3, row 17): on a grid of eight cells to the shorter side a yellow player moves by the actions that the
/// caption lists, one every two frames; grey walls and the edge stop it, and a cyan coin is gone once it was reached. The actions are the caption's
/// words, so that whoever plays is the text.
/// </summary>
public sealed class GridGame(ClipSize size, ulong seed) : ToyWorld(DatasetCatalog.Grid, size, seed)
{
    /// <summary>Frames that one action takes: the codec's latent frame.</summary>
    public const int TickFrames = 2;

    /// <summary>Cells of the shorter side.</summary>
    public const int Cells = 8;

    private const long Cell = WorldCanvas.Side / Cells;
    private static readonly (byte, byte, byte) Wall = (96, 96, 96);
    private static readonly string[] English = ["right", "left", "up", "down", "stay"];
    private static readonly string[] Chinese = ["右", "左", "上", "下", "停"];

    /// <summary>Layouts in an epoch; actions differ at every reading.</summary>
    public override long Count => 4096;

    /// <summary>Actions of a clip of <paramref name="frames"/> frames: one before each tick but the first.</summary>
    public static int ActionsIn(int frames) => frames / TickFrames - 1;

    /// <summary>E.g. <c>game: right right up</c>.</summary>
    public static Caption CaptionOf(IReadOnlyList<GridAction> actions) => new(
        "game: " + string.Join(' ', actions.Select(action => English[(int)action])),
        "游戏：" + string.Concat(actions.Select(action => Chinese[(int)action])));

    /// <summary>The actions that a caption lists in either language, or null.</summary>
    public static IReadOnlyList<GridAction>? Parse(string caption)
    {
        var (names, words) = caption.StartsWith("game: ", StringComparison.Ordinal)
            ? (English, caption[6..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            : caption.StartsWith("游戏：", StringComparison.Ordinal) ? (Chinese, [.. caption[3..].Select(letter => letter.ToString())]) : (English, new[] { "" });
        var actions = words.Select(word => Array.IndexOf(names, word)).ToList();
        return actions.Count == 0 || actions.Contains(-1) ? null : [.. actions.Select(action => (GridAction)action)];
    }

    /// <summary>Where an action leads: the cell itself where a wall or the edge is in the way.</summary>
    /// <param name="from">Column and row.</param>
    /// <param name="action">Action.</param>
    /// <param name="walls">[rows, columns].</param>
    public static (int X, int Y) Step((int X, int Y) from, GridAction action, bool[,] walls)
    {
        var (x, y) = action switch
        {
            GridAction.Right => (from.X + 1, from.Y),
            GridAction.Left => (from.X - 1, from.Y),
            GridAction.Up => (from.X, from.Y - 1),
            GridAction.Down => (from.X, from.Y + 1),
            _ => from,
        };
        var free = x >= 0 && y >= 0 && y < walls.GetLength(0) && x < walls.GetLength(1) && !walls[y, x];
        return free ? (x, y) : from;
    }

    private protected override Caption Paint(long index, WorldCanvas canvas, SplitMix64 random)
    {
        var walls = new bool[(int)(canvas.Height / Cell), (int)(canvas.Width / Cell)];
        var (rows, columns) = (walls.GetLength(0), walls.GetLength(1));
        for (var i = 0; i < rows * columns / 6; i++)
            walls[random.Below(rows), random.Below(columns)] = true;
        var player = Free(walls, null, ref random);
        (int X, int Y)? coin = Free(walls, player, ref random);
        var actions = new GridAction[ActionsIn(Frames)];
        for (var t = 0; t < Frames; t++)
        {
            if (t > 0 && t % TickFrames == 0 && t / TickFrames <= actions.Length)
            {
                var action = (GridAction)random.Below(5);
                actions[t / TickFrames - 1] = action;
                player = Step(player, action, walls);
                coin = player == coin ? null : coin;
            }

            for (var y = 0; y < rows; y++)
                for (var x = 0; x < columns; x++)
                    if (walls[y, x])
                        Fill(canvas, t, (x, y), Wall);
            if (coin is { } there)
                Fill(canvas, t, there, Rgb(ShapeColour.Cyan));
            Fill(canvas, t, player, Rgb(ShapeColour.Yellow));
        }

        return CaptionOf(actions);
    }

    private static (int X, int Y) Free(bool[,] walls, (int, int)? taken, ref SplitMix64 random)
    {
        for (; ; )
        {
            var cell = ((int)random.Below(walls.GetLength(1)), (int)random.Below(walls.GetLength(0)));
            if (!walls[cell.Item2, cell.Item1] && cell != taken)
                return cell;
        }
    }

    private static void Fill(WorldCanvas canvas, int frame, (int X, int Y) cell, (byte, byte, byte) colour) =>
        canvas.Box(frame, cell.X * Cell, cell.Y * Cell, (cell.X + 1) * Cell, (cell.Y + 1) * Cell, colour);
}
