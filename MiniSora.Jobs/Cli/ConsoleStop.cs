using System.Runtime.InteropServices;

namespace MiniSora.Jobs.Cli;

/// <summary>Ctrl-C and SIGTERM as a cancellation.</summary>
internal sealed class ConsoleStop : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly PosixSignalRegistration keys;
    private readonly PosixSignalRegistration terminate;

    public ConsoleStop(CancellationToken outer)
    {
        source = CancellationTokenSource.CreateLinkedTokenSource(outer);
        keys = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        keys.Dispose();
        terminate.Dispose();
        source.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        source.Cancel();
    }
}
