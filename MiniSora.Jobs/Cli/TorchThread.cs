using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Cli;

/// <summary>Runs a command's torch work on one dedicated thread, with Ctrl-C as its cancellation.</summary>
internal static class TorchThread
{
    public static T Run<T>(Func<RunControl, T> work)
    {
        using var control = new RunControl();
        using var keys = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Cancel(signal, control));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Cancel(signal, control));
        T result = default!;
        ExceptionDispatchInfo? failed = null;
        var culture = System.Globalization.CultureInfo.CurrentUICulture;
        var thread = new Thread(() =>
        {
            System.Globalization.CultureInfo.CurrentUICulture = culture;
            try
            {
                result = work(control);
            }
            // Carried to the calling thread, where it is thrown again.
            catch (Exception error)
            {
                failed = ExceptionDispatchInfo.Capture(error);
            }
        })
        { Name = "torch" };
        thread.Start();
        thread.Join();
        failed?.Throw();
        return result;
    }

    private static void Cancel(PosixSignalContext signal, RunControl control)
    {
        signal.Cancel = true;
        control.Ask(StopRequest.Cancel);
    }
}

/// <summary>Takes the events of a handler that runs inside the command itself: phases and warnings are shown, the rest is not needed.</summary>
internal sealed class TerminalReporter : IRunReporter
{
    private string? phase;

    public void Report(RunEvent runEvent)
    {
        switch (runEvent)
        {
            case RunPhase doing when doing.Key != phase:
                phase = doing.Key;
                Console.Error.WriteLine(Specs.SpecTexts.Phase(doing.Key) + " …");
                break;
            case RunLog log:
                Console.Error.WriteLine(Specs.SpecTexts.Log(log.Key, log.Arguments) ?? log.Text);
                break;
        }
    }
}
