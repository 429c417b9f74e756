using MiniSora.Model.Datasets;
using MiniSora.Model.Datasets.Worlds;

namespace MiniSora.Model.Evaluation.Worlds;

/// <summary>What the brush left (models.md §3, row 16).</summary>
/// <param name="Areas">Pixels of the trail in every frame.</param>
/// <param name="WorstLoss">Largest share of a frame's trail that is gone in the next one, where the brush is not in front of it.</param>
/// <param name="Colour">Of the trail at the end, or null.</param>
public sealed record TrailReading(IReadOnlyList<int> Areas, double WorstLoss, ShapeColour? Colour)
{
    private const int Coloured = 70;
    private const int White = 150;
    private const double LargestLoss = 0.05;

    /// <summary>Nothing disappears.</summary>
    public bool Lasts => WorstLoss <= LargestLoss;

    /// <summary>There is more and more of it.</summary>
    public bool Grows => Areas[^1] > Areas[Areas.Count / 2] && Areas[Areas.Count / 2] > Areas[0];

    /// <summary>Reads a clip, uint8 [T, H, W, 3].</summary>
    public static TrailReading Read(byte[] pixels, int frames, int height, int width)
    {
        var clip = new WorldFrames(pixels, frames, height, width);
        bool Trail(int frame, int y, int x) => clip.Chroma(frame, y, x) > Coloured;
        bool Brush(int frame, int y, int x) => clip.Rgb(frame, y, x) is var (r, g, b) && Math.Min(r, Math.Min(g, b)) > White;
        var areas = new int[frames];
        double worst = 0;
        for (var t = 0; t < frames; t++)
        {
            var (area, lost) = (0, 0);
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    if (!Trail(t, y, x))
                        continue;
                    area++;
                    if (t + 1 < frames && !Trail(t + 1, y, x) && !Near(y, x, (j, i) => Brush(t + 1, j, i)))
                        lost++;
                }
            }

            areas[t] = area;
            // A dab of a few pixels is too little to judge by.
            if (area >= 8)
                worst = Math.Max(worst, (double)lost / area);
        }

        return new(areas, worst, areas[^1] >= 8 ? clip.Colour([frames - 1]) : null);

        // The brush's edge mixes with what lies under it.
        bool Near(int y, int x, Func<int, int, bool> holds)
        {
            for (var j = Math.Max(0, y - 2); j <= Math.Min(height - 1, y + 2); j++)
                for (var i = Math.Max(0, x - 2); i <= Math.Min(width - 1, x + 2); i++)
                    if (holds(j, i))
                        return true;
            return false;
        }
    }

    internal WorldVerdict Judge(BrushScene scene) => new(
        Lasts && Grows && Colour == scene.Colour,
        new Dictionary<string, double>
        {
            ["lasts"] = WorldVerdict.Share(Lasts),
            ["grows"] = WorldVerdict.Share(Grows),
            ["colour"] = WorldVerdict.Share(Colour == scene.Colour),
            ["worst_loss"] = WorstLoss,
        });
}
