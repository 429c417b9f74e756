using MiniSora.Model.Datasets;
using MiniSora.Model.Datasets.Worlds;

namespace MiniSora.Model.Evaluation.Worlds;

/// <summary>What went behind the wall and what came out (models.md §3, row 15).</summary>
/// <param name="Hidden">It is seen whole, then not at all, then whole again.</param>
/// <param name="Before">Shape before, or null.</param>
/// <param name="After">Shape after, or null.</param>
/// <param name="ColourBefore">Colour before, or null.</param>
/// <param name="ColourAfter">Colour after, or null.</param>
/// <param name="MovesRight">On which side it came out: to the right of where it went in; null where it did not.</param>
/// <param name="Drift">How far it was moved up or down behind the wall, in canvas sides.</param>
public sealed record Permanence(bool Hidden, ShapeKind? Before, ShapeKind? After, ShapeColour? ColourBefore, ShapeColour? ColourAfter, bool? MovesRight, double Drift)
{
    private const int FaintestChroma = 50;
    private const double LargestDrift = 0.06;

    /// <summary>The same thing came out, on the far side, at the same height.</summary>
    public bool Permanent => Hidden && Before is not null && Before == After && ColourBefore is not null && ColourBefore == ColourAfter && MovesRight is not null && Drift <= LargestDrift;

    /// <summary>Reads a clip, uint8 [T, H, W, 3].</summary>
    public static Permanence Read(byte[] pixels, int frames, int height, int width)
    {
        var clip = new WorldFrames(pixels, frames, height, width);
        var strengths = Enumerable.Range(0, frames).Select(clip.Strength).ToList();
        var full = strengths.Order().ElementAt(frames * 3 / 4);
        if (full < FaintestChroma)
            return new(false, null, null, null, null, null, 0);

        var blobs = Enumerable.Range(0, frames).Select(frame => clip.Blob(frame, full)).ToList();
        var largest = blobs.Max(blob => blob.Area);
        var hidden = Enumerable.Range(0, frames).Where(frame => blobs[frame].Area < 0.15 * largest).ToList();
        var whole = Enumerable.Range(0, frames).Where(frame => blobs[frame].Area > 0.8 * largest).ToList();
        if (hidden.Count == 0)
            return new(false, null, null, clip.Colour(whole), null, null, 0);

        var (before, after) = (whole.Where(frame => frame < hidden[0]).ToList(), whole.Where(frame => frame > hidden[^1]).ToList());
        var side = Math.Max(height, width);
        ShapeKind? Shape(List<int> of) => ShapeTemplates.Recognise(of.Select(frame => blobs[frame]), side);
        var passed = before.Count > 0 && after.Count > 0;
        var (last, first) = passed ? (blobs[before[^1]], blobs[after[0]]) : (blobs[0], blobs[0]);
        return new(
            passed, Shape(before), Shape(after), clip.Colour(before), clip.Colour(after),
            passed && Math.Abs(first.X - last.X) > 2 * last.Radius ? first.X > last.X : null,
            passed ? Math.Abs(first.Y - last.Y) / clip.Unit : 0);
    }

    internal WorldVerdict Judge(OcclusionScene scene) => new(
        Permanent && Before == scene.Shape && ColourBefore == scene.Colour && MovesRight == scene.Right,
        new Dictionary<string, double>
        {
            ["permanent"] = WorldVerdict.Share(Permanent),
            ["hidden"] = WorldVerdict.Share(Hidden),
            ["same_shape"] = WorldVerdict.Share(Before is not null && Before == After),
            ["same_colour"] = WorldVerdict.Share(ColourBefore is not null && ColourBefore == ColourAfter),
            ["right_side"] = WorldVerdict.Share(MovesRight == scene.Right),
            ["as_asked"] = WorldVerdict.Share(Before == scene.Shape && ColourBefore == scene.Colour),
        });
}
