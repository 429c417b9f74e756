using System.Collections.Concurrent;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// Our extension to video (models.md §1.3): every pixel attends to the same pixel of the other frames; x + attention(LN(x) + positions).
/// The output projection starts at zero, so that a network of images gives the same frames with it as without.
/// Keys <c>{name}.attn</c>. Positions: sine and cosine of the frame's number, frequencies 10000^(−2k/C).
/// </summary>
internal sealed class TemporalAttention
{
    private static readonly ConcurrentDictionary<(long Frames, long Width, string Device, ScalarType Type), Tensor> Tables = new();
    private readonly PackedAttention attention;

    public TemporalAttention(ParameterLayout layout, string name, long channels, long heads) =>
        attention = new PackedAttention(layout, $"{name}.attn", channels, heads, 0, Initial.Zero);

    /// <summary>Frames in the batch, [B·F, C, H, W], to the same.</summary>
    public Tensor Forward(ParameterViews w, Tensor x, long frames)
    {
        long batch = x.shape[0] / frames, channels = x.shape[1], height = x.shape[2], width = x.shape[3];
        var pixels = x.view(batch, frames, channels, height, width).permute(0, 3, 4, 1, 2).reshape(batch * height * width, frames, channels);
        var tokens = ChannelNorm.Last(pixels).Plus(Positions(frames, channels, x.device, x.dtype));
        var mixed = attention.Forward(w, tokens, tokens).view(batch, height, width, frames, channels).permute(0, 3, 4, 1, 2);
        return x.Plus(mixed.reshape(x.shape));
    }

    /// <summary>[F, C]; kept, since every layer and step asks for the same few.</summary>
    private static Tensor Positions(long frames, long channels, Device device, ScalarType type) => Tables.GetOrAdd((frames, channels, device.ToString(), type), _ =>
    {
        using var scope = NewDisposeScope();
        var values = new float[frames * channels];
        for (var f = 0; f < frames; f++)
        {
            for (var c = 0; c < channels; c++)
            {
                var angle = f * Math.Pow(10000, -(c / 2 * 2.0) / channels);
                values[f * channels + c] = (float)(c % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }

        return tensor(values, [frames, channels]).to(type).to(device).DetachFromDisposeScope();
    });
}
