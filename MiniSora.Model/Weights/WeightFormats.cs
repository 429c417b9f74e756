namespace MiniSora.Model.Weights;

/// <summary>Tells formats of weights apart by their first bytes.</summary>
internal static class WeightFormats
{
    internal static WeightFormat Of(string path)
    {
        using var handle = File.OpenHandle(path);
        Span<byte> head = stackalloc byte[16];
        var got = 0;
        for (int n; got < head.Length && (n = RandomAccess.Read(handle, head[got..], got)) > 0;) got += n;
        head = head[..got];

        // A length below 100 MB, then '{': no archive and no index begins like that.
        if (head.Length > 8 && BitConverter.ToUInt64(head) <= (ulong)SafeTensorsFile.LargestHeader && head[8] == '{') return WeightFormat.SafeTensors;
        if (head.StartsWith("PK\x03\x04"u8)) return WeightFormat.Torch;
        if (head.Length > 2 && head[0] == 0x80 && head[1] is >= 2 and <= 5) return WeightFormat.TorchLegacy;
        var text = head.StartsWith("\uFEFF"u8) ? head[3..] : head;
        if (text.TrimStart(" \t\r\n"u8) is [(byte)'{', ..]) return WeightFormat.Sharded;
        throw new WeightSetException(WeightSetError.Format, path, "this is neither a safetensors file, a PyTorch checkpoint nor an index of several.");
    }
}
