using System.Diagnostics;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Runs;

/// <summary>Collects what steps report and sends it on at most four times a second; measures the speed.</summary>
internal sealed class TrainingMeter(RunContext context, PointJournal journal, long totalSteps, int batch)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromSeconds(2);

    private readonly List<MetricPoint> points = [];
    private readonly long start = context.Time.GetTimestamp();
    private long lastFlush = context.Time.GetTimestamp();
    private long? lastMemory;
    private long stepsInWindow;
    private double secondsInWindow;
    private double secondsPerStep;
    private long step;

    /// <summary>Steps since the start of this attempt.</summary>
    public long Steps { get; private set; }

    /// <summary>Seconds spent inside steps.</summary>
    public double StepSeconds { get; private set; }

    /// <summary>Takes one step, timed.</summary>
    public StepResult Measure(Func<StepResult> take)
    {
        var before = context.Time.GetTimestamp();
        var result = take();
        var seconds = context.Time.GetElapsedTime(before).TotalSeconds;
        Steps++;
        stepsInWindow++;
        StepSeconds += seconds;
        secondsInWindow += seconds;
        step = result.Step;
        points.Add(new("loss", step, result.Loss));
        points.Add(new("grad_norm", step, result.GradientNorm));
        points.Add(new("learning_rate", step, result.LearningRate));
        if (context.Time.GetElapsedTime(lastFlush) >= Interval)
            Flush();
        return result;
    }

    /// <summary>Adds points of this step to what is sent next.</summary>
    public void Add(IReadOnlyList<MetricPoint> more) => points.AddRange(more);

    /// <summary>Sends what is collected.</summary>
    public void Flush()
    {
        lastFlush = context.Time.GetTimestamp();
        if (points.Count == 0)
            return;
        var recent = stepsInWindow == 0 ? secondsPerStep : secondsInWindow / stepsInWindow;
        // A moving average over roughly the last twenty windows: steady enough to read, quick enough to show a change.
        secondsPerStep = secondsPerStep == 0 ? recent : secondsPerStep + (recent - secondsPerStep) / 20;
        (stepsInWindow, secondsInWindow) = (0, 0);
        var perSecond = 1 / Math.Max(secondsPerStep, 1e-9);
        points.Add(new("clips_per_second", step, perSecond * batch));
        if (lastMemory is null || context.Time.GetElapsedTime(lastMemory.Value) >= MemoryInterval)
        {
            lastMemory = lastFlush;
            points.Add(new("memory_bytes", step, Environment.WorkingSet));
        }

        // Previews and checkpoints take their share of the time that is left, as they did so far.
        var others = Math.Max(1, context.Time.GetElapsedTime(start).TotalSeconds / Math.Max(StepSeconds, 1e-9));
        journal.Append(points);
        context.Reporter.Report(new RunStep(step, perSecond, (totalSteps - step) * secondsPerStep * others, [.. points]));
        points.Clear();
    }

    /// <summary>Highest memory of this process so far.</summary>
    public static long PeakMemoryBytes()
    {
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }
}
