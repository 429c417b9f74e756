using System.Globalization;
using System.Runtime.InteropServices;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Native;

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
    public int Execute(string folderPath, string dataFolder) => OnTorchThread(() =>
    {
        var output = TakeOutput();
        return Run(Path.GetFullPath(folderPath), dataFolder, output, new StreamReader(Console.OpenStandardInput()));
    });

    /// <summary>Gets ready for a run, waits until standard input names its folder, and runs it to the end. 0 as well when the parent has no run for it.</summary>
    public int Wait(string dataFolder) => OnTorchThread(() =>
    {
        var output = TakeOutput();
        using var input = new StreamReader(Console.OpenStandardInput());
        GetReady();
        // If the parent dies, the line ends.
        if (input.ReadLine() is not { } line || !line.StartsWith(RunProcess.BeginWord, StringComparison.Ordinal) || line.Split(' ', 3) is not [_, _, var folder])
            return 0;
        Environment.CurrentDirectory = folder;
        return Run(folder, dataFolder, output, input);
    });

    // What every run on the processor needs first; a GPU is left alone, since to check it would hold memory there.
    private static void GetReady()
    {
        try
        {
            // TorchSharp's own search for libtorch, once failed, fails for good.
            TorchRuntime.EnsureLoaded();
            Arithmetic.Check(TorchSharp.torch.CPU);
        }
        catch (Exception error)
        {
            // A boundary: the run itself fails with the reason and a code.
            Console.Error.WriteLine(error);
        }
    }

    // Torch's dispose scopes and grad mode belong to a thread, so all of its work happens on this one.
    private static int OnTorchThread(Func<int> work)
    {
        var code = 1;
        var thread = new Thread(() => code = work()) { Name = "torch" };
        thread.Start();
        thread.Join();
        return code;
    }

    private static Stream TakeOutput()
    {
        // From here on nobody else writes to standard output: a stray line would break the protocol.
        var output = NativeProcess.TakeOutput();
        Console.SetOut(Console.Error);
        return output;
    }

    private int Run(string folderPath, string dataFolder, Stream output, StreamReader input)
    {
        var folder = new RunFolder(folderPath);
        using var control = new RunControl();
        using var reporter = new RunEventWriter(output, folder.LogFile, time, () => OnOrphaned(control));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Leave(signal, control));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Leave(signal, control));
        new Thread(() => Listen(input, control, reporter)) { IsBackground = true, Name = "stdin" }.Start();
        return Work(folder, dataFolder, control, reporter);
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

    private static void Listen(StreamReader input, RunControl control, RunEventWriter reporter)
    {
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
