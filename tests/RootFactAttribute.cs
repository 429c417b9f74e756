namespace MiniSora.Tests;

/// <summary>
/// A fact that fills a disk. The disk is a small file system of its own, which only root may mount: filling the real one would harm the machine
/// the tests run on. CI runs as root, so there it is never skipped.
/// </summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "only root can mount the small file system of this test";
    }
}
