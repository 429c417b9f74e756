using Microsoft.Win32.SafeHandles;
using TorchSharp;

namespace MiniSora.Model.Weights;

/// <summary>
/// Bytes [offset, offset + length) of an open file as a stream that is read once. When the file has become shorter since it was
/// checked, <paramref name="cutOff"/> gives the exception.
/// </summary>
internal sealed class FileRange(SafeFileHandle handle, long offset, long length, Func<Exception> cutOff) : Stream
{
    private const int LargestChunk = 1 << 20;

    private long done;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;
    public override long Position { get => done; set => throw new NotSupportedException(); }

    /// <summary>Copies all bytes into a tensor of as many.</summary>
    internal void CopyTo(torch.Tensor tensor) => tensor.ReadBytesFromStream(this, (int)Math.Min(length, LargestChunk));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, length - done);
        for (var have = 0; have < wanted;)
        {
            var got = RandomAccess.Read(handle, buffer[have..wanted], offset + done + have);
            if (got == 0) throw cutOff();
            have += got;
        }

        done += wanted;
        return wanted;
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
