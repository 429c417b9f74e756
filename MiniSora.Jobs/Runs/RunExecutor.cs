using System.Globalization;
using System.Runtime.InteropServices;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// The run process: reads the folder, works on one dedicated thread, and speaks the protocol on standard input and output.
/// </summary>
internal sealed class RunExecutor(TimeProvider time)
{
    /// <summary>After its parent has died the process may take this long to write a checkpoint; then it ends without asking further.</summary>
    private static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(20);

    /// <summary>A stale predecessor may take as long to leave the folder.</summary>
    private static readonly TimeSpan FolderPatience = TimeSpan.FromSeconds(30);

    /// <summary>Runs to the end. 0: finished, 1: failed, 130: cancelled.</summary>
    public int Execute(string folderPath, string dataFolder)
    {
        var folder = new RunFolder(Path.GetFullPath(folderPath));
        using var control = new RunControl();
        // From here on nobody else writes to standard output: a stray line would break the protocol.
        var output = NativeProcess.TakeOutput();
        Console.SetOut(Console.Error);
        using var reporter = new RunEventWriter(output, folder.LogFile, time, () => OnOrphaned(control));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Leave(signal, control));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Leave(signal, control));
        new Thread(() => Listen(control, reporter)) { IsBackground = true, Name = "stdin" }.Start();

        var code = 1;
        // Torch's dispose scopes and grad mode belong to a thread, so all of its work happens on this one.
        var work = new Thread(() => code = Work(folder, dataFolder, control, reporter)) { Name = "torch" };
        work.Start();
        work.Join();
        return code;
    }

    private int Work(RunFolder folder, string dataFolder, RunControl control, IRunReporter reporter)
    {
        try
        {
            using var alone = FolderLock.Acquire(folder.Root, FolderPatience, time, control.Leaving);
            var spec = ReadSpec(folder);
            var context = new RunContext(folder, folder.ReadInputs(), dataFolder, reporter, control, time);
            var finished = RunHandlers.For(spec).Run(context);
            if (finished is null)
                return 130;
            // If the process dies before this line, the last checkpoint is on the disk and the next attempt starts from it.
            reporter.Report(finished);
            return 0;
        }
        catch (OperationCanceledException) when (control.Request == StopRequest.Cancel)
        {
            return 130;
        }
        catch (OperationCanceledException) when (control.Request is not null)
        {
            reporter.Report(new RunFinished("interrupted", 0, 0, 0, 0));
            return 0;
        }
        // The boundary of the process: whatever went wrong is reported with a code before the process ends.
        catch (Exception error)
        {
            var failed = RunFailure.From(error);
            Console.Error.WriteLine(error);
            reporter.Report(new RunLog("error", failed.Message, "failure." + failed.Code, failed.Arguments));
            reporter.Report(failed);
            return 1;
        }
    }

    private static RunSpec ReadSpec(RunFolder folder)
    {
        var reading = SpecYaml.Read(File.ReadAllText(folder.SpecFile));
        var problems = reading.Spec is { } spec ? SpecValidator.Validate(spec, SpecContext.Nothing) : reading.Problems;
        if (problems.Count == 0)
            return reading.Spec!;
        var detail = string.Join(" ", problems.Select(problem => SpecTexts.ProblemWithPlace(problem, CultureInfo.InvariantCulture)));
        throw new RunFailureException("spec_invalid", detail);
    }

    private static void Listen(RunControl control, RunEventWriter reporter)
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        while (input.ReadLine() is { } line)
        {
            switch (line.Trim())
            {
                case var ask when ask.StartsWith(RunProcess.RepeatWord, StringComparison.Ordinal)
                    && long.TryParse(ask.AsSpan(RunProcess.RepeatWord.Length), CultureInfo.InvariantCulture, out var from):
                    reporter.Repeat(from);
                    break;
                case "stop":
                    control.Ask(StopRequest.StopAndKeep);
                    break;
                case "cancel":
                    control.Ask(StopRequest.Cancel);
                    break;
                case "interrupt":
                    control.Ask(StopRequest.Interrupt);
                    break;
                default:
                    Console.Error.WriteLine($"Not understood on standard input: {line}");
                    break;
            }
        }

        // The parent closed the pipe only by dying: it holds it open as long as it lives.
        OnOrphaned(control);
    }

    private static void OnOrphaned(RunControl control)
    {
        control.Ask(StopRequest.Interrupt);
        // Native code may not return for long, or the disk may hang: nobody is left who would kill this process.
        new Thread(() =>
        {
            Thread.Sleep(OrphanGrace);
            NativeProcess.ExitAtOnce(75);
        })
        { IsBackground = true, Name = "orphan watchdog" }.Start();
    }

    private static void Leave(PosixSignalContext signal, RunControl control)
    {
        // Without this the runtime would end the process before the checkpoint is written.
        signal.Cancel = true;
        control.Ask(StopRequest.Interrupt);
    }
}
