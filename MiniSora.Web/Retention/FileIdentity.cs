using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MiniSora.Web.Retention;

/// <summary>Which file a name leads to: the store links what a run wrote, and two names of one file take its room once.</summary>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode)
{
    private const int CurrentFolder = -100, DoNotFollow = 0x100;
    private const uint BasicStats = 0x7ff;

    /// <summary>Null where the system cannot say, or when the file is gone: then every name counts as a file of its own.</summary>
    public static FileIdentity? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        // struct statx is the same on every processor, struct stat is not.
        Span<byte> answer = stackalloc byte[256];
        if (Statx(CurrentFolder, path, DoNotFollow, BasicStats, answer) != 0)
            return null;
        return new(BinaryPrimitives.ReadUInt64LittleEndian(answer[136..]), BinaryPrimitives.ReadUInt64LittleEndian(answer[32..]));
    }

    // .NET 10 has no call for inodes.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> answer);
}
