namespace MiniSora.Model.Datasets.Worlds;

/// <summary>
/// A clip that exact shapes are painted on: the shorter side is 4,096 units, the longer one in proportion, y down; 4 × 4 sub-samples a pixel, integer mixing,
/// so that every machine paints the same bytes.
/// </summary>
internal sealed class WorldCanvas
{
    /// <summary>Units of the shorter side.</summary>
    public const long Side = ShapeTrajectory.Canvas;

    private readonly int height;
    private readonly int width;
    private readonly long pixel;

    public WorldCanvas(int frames, int height, int width)
    {
        if (!ShapeRenderer.IsSize(Math.Min(height, width)))
            throw new ArgumentOutOfRangeException(nameof(height), $"{height}×{width}", "the shorter side must divide 512 and be at least 8");
        (this.height, this.width) = (height, width);
        pixel = Side / Math.Min(height, width);
        Clip = new byte[frames * FrameBytes];
        Clip.AsSpan().Fill(ShapeRenderer.Background);
    }

    /// <summary>uint8 [T, H, W, 3].</summary>
    public byte[] Clip { get; }

    /// <summary>Height in units.</summary>
    public long Height => height * pixel;

    /// <summary>Width in units.</summary>
    public long Width => width * pixel;

    private int FrameBytes => height * width * 3;

    /// <summary>Paints an outline around a point.</summary>
    public void Shape(int frame, ShapeKind kind, long x, long y, long radius, (byte R, byte G, byte B) colour)
    {
        var outline = new ShapeOutline(kind, radius);
        Paint(frame, x - outline.Reach, y - outline.Reach, x + outline.Reach, y + outline.Reach, (i, j) => outline.Contains(i - x, j - y), colour);
    }

    /// <summary>Paints a box from (left, top) to (right, bottom), the far edges excluded.</summary>
    public void Box(int frame, long left, long top, long right, long bottom, (byte R, byte G, byte B) colour) =>
        Paint(frame, left, top, right, bottom, (x, y) => left <= x && x < right && top <= y && y < bottom, colour);

    /// <summary>Makes a frame equal to another.</summary>
    public void Copy(int from, int to) => Clip.AsSpan(from * FrameBytes, FrameBytes).CopyTo(Clip.AsSpan(to * FrameBytes, FrameBytes));

    /// <summary>Only the pixels that the box reaches are sampled; what shows through a pixel that is covered in part is what was there.</summary>
    private void Paint(int frame, long left, long top, long right, long bottom, Func<long, long, bool> contains, (byte R, byte G, byte B) colour)
    {
        var step = pixel / 4;
        var (firstColumn, lastColumn) = (Math.Max(0, left / pixel), Math.Min(width - 1, right / pixel));
        var (firstRow, lastRow) = (Math.Max(0, top / pixel), Math.Min(height - 1, bottom / pixel));
        for (var row = firstRow; row <= lastRow; row++)
        {
            for (var column = firstColumn; column <= lastColumn; column++)
            {
                var cover = 0;
                for (var j = 0; j < 4; j++)
                    for (var i = 0; i < 4; i++)
                        cover += contains(column * pixel + i * step + step / 2, row * pixel + j * step + step / 2) ? 1 : 0;
                if (cover == 0)
                    continue;
                var at = frame * FrameBytes + (int)(row * width + column) * 3;
                Clip[at] = Mix(Clip[at], colour.R, cover);
                Clip[at + 1] = Mix(Clip[at + 1], colour.G, cover);
                Clip[at + 2] = Mix(Clip[at + 2], colour.B, cover);
            }
        }
    }

    private static byte Mix(byte under, byte colour, int cover) => (byte)((under * (16 - cover) + colour * cover + 8) / 16);
}
