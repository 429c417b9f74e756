using MiniSora.Model.Datasets;
using MiniSora.Model.Media;
using SkiaSharp;

namespace MiniSora.Model.Tests.Media;

public sealed class StillImageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("poster.png")]
    [InlineData("poster.webp")]
    public void A_poster_is_the_frame_in_blocks_of_at_least_256_pixels(string name)
    {
        var frame = MovingShapesReference.Clip(3, 0, 32)[..(32 * 32 * 3)];

        Poster.Write(folder[name], frame, 32, 32);

        using var bitmap = SKBitmap.Decode(folder[name]);
        Assert.Equal((256, 256), (bitmap.Width, bitmap.Height));
        Assert.Equal(frame, ImageFile.ReadRgb(folder[name], 32));
    }

    [Fact]
    public void A_contact_sheet_has_a_row_a_clip_and_a_column_a_frame()
    {
        var clips = Enumerable.Range(0, 3).Select(i => MovingShapesReference.Clip(i * 400, 0, 32)).ToList();

        ContactSheet.Write(folder["sheet.png"], clips, 16, 32, 32, 8);

        using var bitmap = SKBitmap.Decode(folder["sheet.png"]);
        Assert.Equal((2 + 8 * 66, 2 + 3 * 66), (bitmap.Width, bitmap.Height));
    }

    [Fact]
    public void A_wide_picture_loses_its_sides_and_is_averaged_by_area()
    {
        // 6 × 2: two red columns, then black and white in a chequered middle, then two blue columns.
        using var bitmap = new SKBitmap(6, 2);
        for (var y = 0; y < 2; y++)
            for (var x = 0; x < 6; x++)
                bitmap.SetPixel(x, y, x < 2 ? SKColors.Red : x > 3 ? SKColors.Blue : (x + y) % 2 == 0 ? SKColors.Black : SKColors.White);
        Save(bitmap, "wide.png", SKEncodedImageFormat.Png);

        Assert.Equal([128, 128, 128], ImageFile.ReadRgb(folder["wide.png"], 1));
    }

    [Fact]
    public void Transparency_falls_on_white()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(4, 4, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        bitmap.Erase(new SKColor(255, 0, 0, 0));
        bitmap.SetPixel(0, 0, new SKColor(255, 0, 0, 255));
        Save(bitmap, "clear.png", SKEncodedImageFormat.Png);

        var pixels = ImageFile.ReadRgb(folder["clear.png"], 4);

        Assert.Equal([255, 0, 0, 255, 255, 255], pixels[..6]);
    }

    [Fact]
    public void A_small_picture_can_be_enlarged()
    {
        using var bitmap = new SKBitmap(2, 2);
        bitmap.Erase(new SKColor(10, 200, 30));
        Save(bitmap, "small.png", SKEncodedImageFormat.Png);

        Assert.All(ImageFile.ReadRgb(folder["small.png"], 32).Chunk(3), pixel => Assert.Equal([10, 200, 30], pixel));
    }

    [Fact]
    public void A_photo_lying_on_its_side_is_turned_upright()
    {
        // Left half red; the orientation tag says that the stored picture is to be turned by 90° clockwise: red is then on top.
        using var bitmap = new SKBitmap(64, 64);
        for (var y = 0; y < 64; y++)
            for (var x = 0; x < 64; x++)
                bitmap.SetPixel(x, y, x < 32 ? SKColors.Red : SKColors.Blue);
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
        var jpeg = data.ToArray();
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, .. "Exif"u8, 0, 0, .. "MM"u8, 0, 42, 0, 0, 0, 8,
            0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
        ];

        var pixels = ImageFile.ReadRgb([.. jpeg[..2], .. exif, .. jpeg[2..]], "photo.jpg", 2);

        Assert.True(pixels[0] > 200 && pixels[3] > 200, "the upper row is red");
        Assert.True(pixels[8] > 200 && pixels[11] > 200, "the lower row is blue");
    }

    [Theory]
    [InlineData("text.png")]
    [InlineData("empty.png")]
    [InlineData("half.png")]
    public void What_is_not_an_image_is_refused_with_its_name(string name)
    {
        using var bitmap = new SKBitmap(64, 64);
        bitmap.Erase(SKColors.Green);
        for (var i = 0; i < 64; i++)
            bitmap.SetPixel(i, i, SKColors.Red);
        Save(bitmap, "half.png", SKEncodedImageFormat.Png);
        File.WriteAllBytes(folder["half.png"], File.ReadAllBytes(folder["half.png"])[..100]);
        File.WriteAllText(folder["text.png"], "not an image");
        File.WriteAllBytes(folder["empty.png"], []);

        var refused = Assert.Throws<MediaException>(() => ImageFile.ReadRgb(folder[name], 32));

        Assert.Equal((MediaErrors.NotAnImage, name), (refused.Code, refused.Arguments[0]));
    }

    [Fact]
    public void A_picture_that_would_not_fit_into_memory_is_refused_before_it_is_decoded()
    {
        // A PNG header that promises 100,000 × 100,000 pixels.
        byte[] header = [.. "IHDR"u8, 0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0, 8, 2, 0, 0, 0];
        var sum = Crc32(header);
        byte[] png = [0x89, .. "PNG"u8, 13, 10, 26, 10, 0, 0, 0, 13, .. header, .. sum, 0, 0, 0, 0, .. "IDAT"u8, 0x35, 0xAF, 0x06, 0x1E];

        var refused = Assert.Throws<MediaException>(() => ImageFile.ReadRgb(png, "bomb.png", 32));

        Assert.Equal(MediaErrors.ImageTooLarge, refused.Code);
    }

    private void Save(SKBitmap bitmap, string name, SKEncodedImageFormat format)
    {
        using var data = bitmap.Encode(format, 100);
        File.WriteAllBytes(folder[name], data.ToArray());
    }

    private static byte[] Crc32(byte[] bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++)
                sum = (sum & 1) == 1 ? (sum >> 1) ^ 0xEDB88320 : sum >> 1;
        }

        sum = ~sum;
        return [(byte)(sum >> 24), (byte)(sum >> 16), (byte)(sum >> 8), (byte)sum];
    }
}
