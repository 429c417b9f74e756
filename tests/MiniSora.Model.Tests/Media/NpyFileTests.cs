using System.Text;
using MiniSora.Model.Media;

namespace MiniSora.Model.Tests.Media;

public sealed class NpyFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_header_is_the_one_numpy_writes_itself()
    {
        NpyFile.WriteUInt8(folder["a.npy"], [2, 3], [1, 2, 3, 4, 5, 6]);

        var bytes = File.ReadAllBytes(folder["a.npy"]);

        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0], bytes[..10]);
        Assert.Equal("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n", Encoding.ASCII.GetString(bytes, 10, 118));
        Assert.Equal([1, 2, 3, 4, 5, 6], bytes[128..]);
    }

    [Fact]
    public void One_dimension_keeps_the_comma_of_a_python_tuple()
    {
        NpyFile.WriteUInt8(folder["a.npy"], [4], [9, 8, 7, 6]);

        Assert.Contains("'shape': (4,), }", File.ReadAllText(folder["a.npy"], Encoding.Latin1), StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_are_written_one_after_the_other()
    {
        NpyFile.WriteUInt8(folder["a.npy"], [3, 2], new List<byte[]> { new byte[] { 1, 2 }, new byte[] { 3, 4 }, new byte[] { 5, 6 } });

        Assert.Equal([1, 2, 3, 4, 5, 6], File.ReadAllBytes(folder["a.npy"])[128..]);
    }

    [Fact]
    public void Parts_that_do_not_fill_the_shape_leave_no_file()
    {
        Assert.Throws<ArgumentException>(() => NpyFile.WriteUInt8(folder["a.npy"], [3, 2], [1, 2]));

        Assert.Empty(Directory.GetFiles(folder.Path));
    }
}
