using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// Decodes a picture tile by tile and fades the tiles into one another. Peak memory is one tile's decoding and the result.
/// Tiles are equal and spread evenly, the last one ends at the border; diffusers steps from the left and so may end with a narrow tile that has hardly any
/// context. Weights rise linearly over the overlap and are divided by their sum, so tiles that agree are reproduced exactly but for rounding.
/// </summary>
internal static class TileBlend
{
    /// <summary>
    /// Latents […, h, w] through <paramref name="decode"/>, which makes […, s·h', s·w'] of […, h', w'], s = <paramref name="scale"/>; sizes are in cells,
    /// <paramref name="overlap"/> 0 means a quarter of <paramref name="tile"/>.
    /// </summary>
    public static Tensor Run(Tensor latents, int scale, int tile, int overlap, Func<Tensor, Tensor> decode)
    {
        long height = latents.shape[^2], width = latents.shape[^1];
        if (tile == 0 || (height <= tile && width <= tile))
            return decode(latents);
        using var scope = NewDisposeScope();
        var shared = overlap > 0 ? overlap : Math.Max(tile / 4, 1);
        var rows = Axis((int)height, tile, shared, scale);
        var columns = Axis((int)width, tile, shared, scale);
        Tensor? result = null;
        foreach (var row in rows)
        {
            foreach (var column in columns)
            {
                using var inner = NewDisposeScope();
                var part = decode(latents.narrow(-2, row.Start, row.Cells).narrow(-1, column.Start, column.Cells));
                result ??= zeros([.. part.shape[..^2], height * scale, width * scale], part.dtype, part.device).MoveToOuterDisposeScope();
                var weight = tensor(row.Weights, device: part.device).unsqueeze(1).mul(tensor(column.Weights, device: part.device)).to_type(part.dtype);
                result.narrow(-2, row.Start * scale, row.Cells * scale).narrow(-1, column.Start * scale, column.Cells * scale)
                    .addcmul_(part, weight, HeldScalar.One);
            }
        }

        return result!.MoveToOuterDisposeScope();
    }

    /// <summary>The tiles along one axis of <paramref name="size"/> cells; weights per pixel, which sum to 1 over the tiles at every pixel.</summary>
    internal static IReadOnlyList<TileSpan> Axis(int size, int tile, int overlap, int scale)
    {
        if (size <= tile)
            return [new TileSpan(0, size, [.. Enumerable.Repeat(1f, size * scale)])];
        var count = (size - overlap + tile - overlap - 1) / (tile - overlap);
        int[] starts = [.. Enumerable.Range(0, count).Select(i => (int)Math.Round(i * (double)(size - tile) / (count - 1)))];
        double Raw(int start, int pixel)
        {
            var (left, right) = (pixel - start * scale + 0.5, (start + tile) * scale - pixel - 0.5);
            if (left < 0 || right < 0)
                return 0;
            double ramp = overlap * scale;
            return Math.Min(1, Math.Min(start == 0 ? 1 : left / ramp, start + tile == size ? 1 : right / ramp));
        }

        return [.. starts.Select(start => new TileSpan(start, tile, [.. Enumerable.Range(start * scale, tile * scale)
            .Select(pixel => (float)(Raw(start, pixel) / starts.Sum(other => Raw(other, pixel))))]))];
    }
}

/// <summary>One tile along one axis.</summary>
/// <param name="Start">First cell.</param>
/// <param name="Cells">Cells it covers.</param>
/// <param name="Weights">One per pixel.</param>
internal sealed record TileSpan(int Start, int Cells, float[] Weights);
