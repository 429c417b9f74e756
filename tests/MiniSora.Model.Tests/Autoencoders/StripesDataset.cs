using MiniSora.Model.Datasets;

namespace MiniSora.Model.Tests.Autoencoders;

/// <summary>Drifting colour gradients: smooth clips that any codec can learn, drawn from (seed, index) alone.</summary>
internal sealed class StripesDataset(int frames, int side) : IVideoDataset
{
    public string Id => "stripes";
    public string Fingerprint => "stripes";
    public int Frames => frames;
    public int Height => side;
    public int Width => side;
    public long Count => 64;

    public Clip Read(long index, SplitMix64 random)
    {
        var draw = SplitMix64.For(17, (ulong)index);
        var (angle, speed, phase) = (draw.NextDouble() * Math.Tau, draw.NextDouble() * 0.6, draw.NextDouble() * Math.Tau);
        var tint = new[] { draw.NextDouble(), draw.NextDouble(), draw.NextDouble() };
        var pixels = new byte[frames * side * side * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (colour, x, y, t) = (i % 3, i / 3 % side, i / 3 / side % side, i / 3 / side / side);
            var wave = Math.Sin(0.35 * (x * Math.Cos(angle) + y * Math.Sin(angle)) + speed * t + phase);
            pixels[i] = (byte)(127.5 + 120 * wave * tint[colour]);
        }

        return new Clip(pixels, new Caption("stripes", null));
    }
}
