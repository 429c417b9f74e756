namespace MiniSora.Model.Layers;

/// <summary>Size of a patch or of a clip in frames, rows and columns.</summary>
internal readonly record struct PatchSize(int Frames, int Height, int Width)
{
    /// <summary>Cells in it.</summary>
    public long Volume => (long)Frames * Height * Width;

    /// <summary>Patches of a clip of this size.</summary>
    public PatchSize In(PatchSize clip) => new(clip.Frames / Frames, clip.Height / Height, clip.Width / Width);
}
