using System.Buffers.Binary;
using System.Text.Json;

namespace MiniSora.Jobs.Tests.Cli;

/// <summary>A safetensors file with the names of the published stage A at the smallest widths, its numbers small and all alike.</summary>
internal static class TinyStageA
{
    public static byte[] File()
    {
        var shapes = new List<(string Name, int[] Shape)>();
        void Affine(string name, params int[] shape) => shapes.AddRange([(name + ".weight", shape), (name + ".bias", [shape[0]])]);
        void Block(string name, int channels)
        {
            shapes.Add((name + ".gammas", [6]));
            Affine(name + ".depthwise.1", channels, 1, 3, 3);
            Affine(name + ".channelwise.0", 4 * channels, channels);
            Affine(name + ".channelwise.2", channels, 4 * channels);
        }

        Affine("in_block.1", 2, 12, 1, 1);
        Block("down_blocks.0", 2);
        Affine("down_blocks.1", 4, 2, 4, 4);
        Block("down_blocks.2", 4);
        shapes.AddRange([("down_blocks.3.0.weight", [2, 4, 1, 1]), ("down_blocks.3.1.weight", [2]), ("down_blocks.3.1.bias", [2]), ("down_blocks.3.1.running_mean", [2]), ("down_blocks.3.1.running_var", [2])]);
        shapes.Add(("vquantizer.codebook.weight", [4, 2]));
        Affine("up_blocks.0.0", 4, 2, 1, 1);
        Block("up_blocks.1", 4);
        shapes.AddRange([("up_blocks.2.weight", [4, 2, 4, 4]), ("up_blocks.2.bias", [2])]);
        Block("up_blocks.3", 2);
        Affine("out_block.0", 12, 2, 1, 1);

        var header = new Dictionary<string, object>();
        var at = 0;
        foreach (var (name, shape) in shapes)
        {
            var bytes = 4 * shape.Aggregate(1, (product, size) => product * size);
            header[name] = new { dtype = "F32", shape, data_offsets = new[] { at, at + bytes } };
            at += bytes;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        var file = new byte[8 + json.Length + at];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)json.Length);
        json.CopyTo(file, 8);
        for (var i = 8 + json.Length; i < file.Length; i += 4)
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(i), 0.1f);
        return file;
    }
}
