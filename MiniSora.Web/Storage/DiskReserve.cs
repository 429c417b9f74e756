using System.Security.Cryptography;

namespace MiniSora.Web.Storage;

/// <summary>
/// A file that takes room for nothing: on a full disk it goes, so that the database can still write down what happened and
/// people are told why their run ended. It comes back once there is plenty of room again.
/// </summary>
internal sealed class DiskReserve(DataFolder folder)
{
    private const int Bytes = 16 << 20;

    private readonly Lock gate = new();

    private string Path => System.IO.Path.Combine(folder.Root, "reserve");

    /// <summary>The reserve was given up and the runs that filled the disk have not been ended yet.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>The runs were ended: what is left of the room is the database's.</summary>
    public void Settle() => IsSpent = false;

    /// <summary>Takes the room, if that leaves <paramref name="leaving"/> bytes free.</summary>
    public void Keep(long leaving)
    {
        lock (gate)
        {
            if (File.Exists(Path) || folder.FreeBytes() - Bytes < leaving)
                return;
            try
            {
                // Random: a file system that compresses would keep no room for zeros.
                File.WriteAllBytes(Path, RandomNumberGenerator.GetBytes(Bytes));
            }
            catch (IOException)
            {
                // Somebody else took the room meanwhile: half a reserve is none.
                File.Delete(Path);
            }
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Release()
    {
        lock (gate)
        {
            File.Delete(Path);
            IsSpent = true;
        }
    }
}
