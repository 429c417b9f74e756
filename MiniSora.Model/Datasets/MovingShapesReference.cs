namespace MiniSora.Model.Datasets;

/// <summary>The 1,440 reference clips whose SHA-256 the specification fixes (16 frames; 32 and 64 pixels).</summary>
public static class MovingShapesReference
{
    /// <summary>Seed of the reference clips.</summary>
    public const ulong Seed = 20240229;

    /// <summary>Frames of each reference clip.</summary>
    public const int Frames = 16;

    /// <summary>All clips, uint8 [1440, 16, S, S, 3], in the order of <see cref="ShapeCombo.All"/>.</summary>
    /// <param name="split">0 for the reference.</param>
    /// <param name="size">S in pixels; must divide 512.</param>
    public static byte[] Render(int split, int size)
    {
        var bytes = Frames * size * size * 3;
        var all = new byte[ShapeCombo.All.Count * (long)bytes];
        for (var i = 0; i < ShapeCombo.All.Count; i++)
            Clip(i, split, size).CopyTo(all, (long)i * bytes);
        return all;
    }

    /// <summary>Clip number <paramref name="index"/> of the reference, uint8 [16, S, S, 3].</summary>
    public static byte[] Clip(int index, int split, int size) =>
        ShapeRenderer.Render(ShapeCombo.All[index], Seed, split, (ulong)index, Frames, size);
}
