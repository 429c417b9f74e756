namespace MiniSora.Model.Media;

/// <summary>Reads still images of unknown origin.</summary>
public static class ImageFile
{
    /// <summary>Files above this are refused unread: 20 MiB.</summary>
    public const long MaxBytes = 20 * 1024 * 1024;

    /// <summary>Images above this are refused undecoded: 50 million pixels.</summary>
    public const long MaxPixels = 50_000_000;

    /// <summary>Centre-cropped to a square and scaled by area: uint8 [S, S, 3]. Transparency falls on white.</summary>
    /// <exception cref="MediaException">Not an image, or too large.</exception>
    public static byte[] ReadRgb(string path, int size) => throw new NotImplementedException();

    /// <summary>As above, for bytes that have not been stored yet.</summary>
    public static byte[] ReadRgb(byte[] file, string name, int size) => throw new NotImplementedException();
}
