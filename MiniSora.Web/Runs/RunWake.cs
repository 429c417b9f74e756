using System.Threading.Channels;

namespace MiniSora.Web.Runs;

/// <summary>Wakes the scheduler: something was submitted or a slot became free. Several calls before it looks are one.</summary>
internal sealed class RunWake
{
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Somebody here rang: for a portal whose scheduler is elsewhere.</summary>
    public event Action? Rung;

    public void Now()
    {
        bell.Writer.TryWrite(true);
        Rung?.Invoke();
    }

    public async Task WaitAsync(CancellationToken cancellationToken) => await bell.Reader.ReadAsync(cancellationToken);
}
