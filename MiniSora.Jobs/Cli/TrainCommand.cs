using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary><c>minisora train SPEC --out DIR</c>: the run process of the portal, with a terminal in the ledger's place.</summary>
internal static class TrainCommand
{
    public static Command Build(TimeProvider time)
    {
        var spec = new Argument<string>("spec") { Description = SpecTexts.Get("cli.train.spec") };
        var output = new Option<string>("--out") { Description = SpecTexts.Get("cli.train.out"), Required = true, HelpName = "DIR" };
        var sets = new Option<string[]>("--set") { Description = SpecTexts.Get("cli.set"), HelpName = "PATH=VALUE", DefaultValueFactory = _ => [] };
        var command = new Command("train", SpecTexts.Get("cli.train")) { spec, output, sets };
        command.SetAction((parsed, _) => RunAsync(SpecInput.Text(parsed.GetRequiredValue(spec)), parsed.GetRequiredValue(sets),
            new RunFolder(Path.GetFullPath(parsed.GetRequiredValue(output))), DataFolder.Of(parsed), time));
        return command;
    }

    private static async Task<int> RunAsync(string yaml, string[] sets, RunFolder folder, string dataFolder, TimeProvider time)
    {
        // An encoder is trained like everything else; only its options differ.
        RunSpec spec = SpecYaml.Read(yaml).Spec is EncoderSpec ? SpecInput.Read<EncoderSpec>(yaml, sets) : SpecInput.Read<TrainingSpec>(yaml, sets);
        var context = SpecInput.Context(dataFolder);
        if (spec is TrainingSpec { Start.Checkpoint.Length: > 0 } fork)
        {
            // The run process works in the run's own folder.
            var checkpoint = CheckpointShelf.Find(fork.Start.Checkpoint) ?? fork.Start.Checkpoint;
            spec = fork = fork with { Start = fork.Start with { Checkpoint = checkpoint } };
            context = SampleCommand.Context(checkpoint, context);
        }

        SpecInput.Validate(spec, context);
        var canonical = SpecYaml.Write(spec);
        if (HoldsOther(folder, canonical))
        {
            Say.Line("cli.say.other_spec", ("folder", folder.Root));
            return 2;
        }

        folder.Prepare(canonical, new Dictionary<string, string>());
        Estimate(spec, context);
        var process = RunProcess.Start(folder, 1, new RunProcessOptions { DataFolder = dataFolder }, time);
        await using (process.ConfigureAwait(false))
        {
            using var keys = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave(process));
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave(process));
            var view = new TrainingView(folder, spec, time);
            await foreach (var next in process.Events.ReadAllAsync().ConfigureAwait(false))
                view.Show(next);
            return view.End(await process.Ended.ConfigureAwait(false), process.LastError);
        }
    }

    /// <summary>The first signal asks for a checkpoint, the second one for an end. A terminal sends Ctrl-C to the child as well, which takes it the same way.</summary>
    private static Action<PosixSignalContext> Leave(RunProcess process)
    {
        var asked = 0;
        return signal =>
        {
            signal.Cancel = true;
            if (Interlocked.Increment(ref asked) > 1)
            {
                process.Kill();
                return;
            }

            Console.Error.WriteLine();
            Say.Line("cli.say.leaving");
            _ = process.AskAsync(StopRequest.Interrupt);
        };
    }

    /// <summary>Checkpoints of another spec must not be continued silently, nor be pruned.</summary>
    private static bool HoldsOther(RunFolder folder, string canonical) =>
        File.Exists(folder.SpecFile) && File.ReadAllText(folder.SpecFile) != canonical && new CheckpointShelf(folder.Checkpoints).NewestFirst().Count > 0;

    private static void Estimate(RunSpec spec, SpecContext context)
    {
        var estimate = RunEstimator.Estimate(spec, context.Calibration, context.Source, context.SourceStep);
        Say.Line("cli.say.estimate", ("seconds", Say.Duration(estimate.SecondsMid)), ("low", Say.Duration(estimate.SecondsLow)), ("high", Say.Duration(estimate.SecondsHigh)),
            ("memory", Say.Bytes(estimate.MemoryBytes)), ("parameters", Say.Count(estimate.Parameters)),
            ("flops", Say.Count(estimate.FlopsPerStep) + "FLOP"));
    }
}

/// <summary>What a training run says, on a terminal: one live line, or a line every ten seconds in a file.</summary>
internal sealed class TrainingView(RunFolder folder, RunSpec spec, TimeProvider time)
{
    private static readonly TimeSpan FileInterval = TimeSpan.FromSeconds(10);

    private readonly bool live = !Console.IsErrorRedirected;
    private long lastLine;
    private double loss = double.NaN;
    private RunFinished? finished;
    private RunFailed? failed;
    private string? checkpoint;
    private string? phase;
    private bool lineOpen;

    public void Show(RunEvent next)
    {
        switch (next)
        {
            case RunStarted started:
                Full(SpecTexts.Format("cli.say.running", null, ("device", started.Device), ("precision", started.Precision), ("threads", Text(started.Threads)),
                    ("from", Text(started.ResumedFromStep)), ("to", Text(started.TotalSteps))));
                break;
            case RunPhase { Key: "phase.train" or "phase.preview" }:
                break;
            case RunPhase doing when doing.Key != phase:
                Full(SpecTexts.Phase(doing.Key) + " …");
                phase = doing.Key;
                break;
            case RunStep step:
                Progress(step);
                break;
            case RunLog log:
                Full(SpecTexts.Log(log.Key, log.Arguments) ?? log.Text);
                break;
            case RunArtifact { Kind: "checkpoint" or "encoder" } artifact:
                checkpoint = Path.Combine(folder.Root, artifact.Path);
                break;
            case RunFinished end:
                finished = end;
                break;
            case RunFailed end:
                failed = end;
                break;
        }
    }

    /// <summary>The last words; the exit code.</summary>
    public int End(int exitCode, string lastError)
    {
        CloseLine();
        checkpoint ??= CheckpointShelf.Find(folder.Root);
        if (failed is not null)
        {
            Say.Failure(failed);
            return 1;
        }

        if (finished is null)
        {
            if (exitCode is 130 or 137)
            {
                Say.Line("cli.say.cancelled");
                return 130;
            }

            Console.Error.WriteLine(lastError);
            Say.Line("cli.say.died", ("exit", Text(exitCode)));
            return 1;
        }

        var interrupted = finished.Reason == "interrupted";
        Say.Line(interrupted ? "cli.say.interrupted" : "cli.say.completed",
            ("step", Text(finished.Step)), ("seconds", Say.Duration(finished.DeviceSeconds)), ("checkpoint", checkpoint ?? "–"));
        if (checkpoint is not null)
            Console.WriteLine(checkpoint);
        return interrupted ? 130 : 0;
    }

    private void Progress(RunStep step)
    {
        var text = Line(step);
        if (!live && lastLine != 0 && time.GetElapsedTime(lastLine) < FileInterval)
            return;
        lastLine = time.GetTimestamp();
        if (live)
        {
            Console.Error.Write("\r" + text + "\u001b[K");
            lineOpen = true;
        }
        else
        {
            Console.Error.WriteLine(text);
        }
    }

    /// <summary>How a step is told; what comes without a loss, as the last words of a run do, is told with the loss before.</summary>
    internal string Line(RunStep step)
    {
        foreach (var point in step.Points)
            loss = point.Name == "loss" ? point.Value : loss;
        return SpecTexts.Format("cli.say.progress", null, ("step", Text(step.Step)), ("total", Text(spec is EncoderSpec encoder ? encoder.Encoder.Steps : ((TrainingSpec)spec).Training.Steps)),
            ("loss", loss.ToString("0.0000", CultureInfo.InvariantCulture)), ("rate", step.StepsPerSecond.ToString("0.00", CultureInfo.InvariantCulture)),
            ("left", Say.Duration(step.SecondsLeft)));
    }

    private void Full(string text)
    {
        CloseLine();
        Console.Error.WriteLine(text);
    }

    private void CloseLine()
    {
        if (lineOpen)
            Console.Error.WriteLine();
        lineOpen = false;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
