namespace MiniSora.Web.Artifacts;

/// <summary>A file of the store that lies on this disk, and stays there until this is disposed.</summary>
internal sealed class HeldFile(string path, Action? release) : IDisposable
{
    private Action? release = release;

    public string Path => path;

    public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
}
