using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// A run process seen from its parent. It holds the child's standard input open: when this process dies in whatever way,
/// the kernel closes it, and the child notices, writes a checkpoint and leaves. Events come out in the order of their numbers without
/// a gap: one that did not arrive whole is asked for again.
/// </summary>
public sealed class RunProcess : IAsyncDisposable
{
    /// <summary>Asks the child for its events from a number on.</summary>
    internal const string RepeatWord = "repeat ";

    /// <summary>Gives a waiting child the number of the attempt and the folder of the run.</summary>
    internal const string BeginWord = "begin ";

    private const int KeptErrorLines = 40;

    private readonly Process process;
    private readonly RunProcessOptions options;
    private readonly TimeProvider time;
    private readonly Channel<RunEvent> events = Channel.CreateUnbounded<RunEvent>(new() { SingleReader = true });
    private readonly Queue<string> errors = new();
    private readonly SemaphoreSlim input = new(1);
    private readonly CancellationTokenSource ended = new();
    private readonly Task reading;
    private long memoryKills = MemoryKills.Count();
    private volatile bool killed;

    private RunProcess(Process process, RunProcessOptions options, TimeProvider time)
    {
        (this.process, this.options, this.time) = (process, options, time);
        Id = process.Id;
        reading = Task.WhenAll(ReadEventsAsync(), ReadErrorsAsync());
        Ended = EndAsync();
    }

    /// <summary>Process id.</summary>
    public int Id { get; }

    /// <summary>Events in their order; completes when the child has closed its output.</summary>
    public ChannelReader<RunEvent> Events => events.Reader;

    /// <summary>The exit code, after all events were read. 137 when it was killed.</summary>
    public Task<int> Ended { get; }

    /// <summary>Once it has ended: it was killed, not from here, and since it began the kernel has killed something for want of memory.</summary>
    public bool RanOutOfMemory { get; private set; }

    /// <summary>Last lines of standard error.</summary>
    public string LastError
    {
        get
        {
            lock (errors)
                return string.Join('\n', errors);
        }
    }

    /// <summary>Starts <c>minisora execute</c> on a prepared folder.</summary>
    public static RunProcess Start(RunFolder folder, int attempt, RunProcessOptions options, TimeProvider time) =>
        Start(["execute", "--folder", folder.Root, "--attempt", attempt.ToString(CultureInfo.InvariantCulture)], folder.Root, options, time);

    /// <summary>Starts <c>minisora execute --wait</c>: a process that gets ready and waits for <see cref="BeginAsync"/>.</summary>
    public static RunProcess StartWaiting(RunProcessOptions options, TimeProvider time) => Start(["execute", "--wait"], AppContext.BaseDirectory, options, time);

    private static RunProcess Start(IReadOnlyList<string> arguments, string folder, RunProcessOptions options, TimeProvider time)
    {
        var start = RunExecutable.Command(options);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardOutputEncoding = start.StandardErrorEncoding = start.StandardInputEncoding = new UTF8Encoding(false);
        start.UseShellExecute = false;
        start.WorkingDirectory = folder;
        var process = Process.Start(start) ?? throw new InvalidOperationException("The run process did not start.");
        return new RunProcess(process, options, time);
    }

    /// <summary>Gives a waiting child its folder. False when it has gone.</summary>
    public async Task<bool> BeginAsync(RunFolder folder, int attempt)
    {
        memoryKills = MemoryKills.Count();
        await SayAsync(string.Create(CultureInfo.InvariantCulture, $"{BeginWord}{attempt} {folder.Root}")).ConfigureAwait(false);
        return !Ended.IsCompleted;
    }

    /// <summary>
    /// Asks the child, and sees to it that it ends: a cancelled one is killed after <see cref="RunProcessOptions.CancelGrace"/>;
    /// one that is to go on later gets SIGTERM after <see cref="RunProcessOptions.CheckpointGrace"/>, then is killed; one that is to stop and keep
    /// its work has all the time it needs, since somebody can still cancel it. Returns when it has ended.
    /// </summary>
    public async Task AskAsync(StopRequest request)
    {
        await SendAsync(request).ConfigureAwait(false);
        if (request == StopRequest.Cancel)
        {
            if (!await EndsWithinAsync(options.CancelGrace).ConfigureAwait(false))
                Kill();
        }
        else if (request is StopRequest.Interrupt or StopRequest.Yield or StopRequest.Budget && !await EndsWithinAsync(options.CheckpointGrace).ConfigureAwait(false))
        {
            NativeProcess.Terminate(Id);
            if (!await EndsWithinAsync(options.KillGrace).ConfigureAwait(false))
                Kill();
        }

        await Ended.ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the child by force. Not its tree: .NET stops a process before it kills its tree, and if this process ends in between, the child
    /// stays stopped for ever, with its memory. What it started (ffmpeg) ends when its pipe does.
    /// </summary>
    public void Kill()
    {
        killed = true;
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It ended by itself in between.
        }
    }

    /// <summary>Leaves no child behind.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await Ended.ConfigureAwait(false);
        ended.Dispose();
        input.Dispose();
        process.Dispose();
    }

    private async Task<bool> EndsWithinAsync(TimeSpan patience)
    {
        try
        {
            await Ended.WaitAsync(patience, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private Task SendAsync(StopRequest request) =>
        SayAsync(request switch { StopRequest.Cancel => "cancel", StopRequest.StopAndKeep => "stop", _ => "interrupt" });

    private async Task SayAsync(string word)
    {
        await input.WaitAsync().ConfigureAwait(false);
        try
        {
            await process.StandardInput.WriteLineAsync(word).ConfigureAwait(false);
            await process.StandardInput.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It ended by itself in between.
        }
        finally
        {
            input.Release();
        }
    }

    private async Task ReadEventsAsync()
    {
        var (next, asked) = (1L, 0L);
        var early = new SortedDictionary<long, RunEvent>();
        try
        {
            while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                if (Parse(line) is not { } happened || happened.Seq < next)
                    continue;
                early[happened.Seq] = happened;
                while (early.Remove(next, out var inOrder))
                {
                    events.Writer.TryWrite(inOrder);
                    next++;
                }

                if (early.Count > 0 && asked != next)
                {
                    asked = next;
                    await SayAsync(RepeatWord + next.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            // The child ended before it could say something again: what did arrive counts.
            foreach (var left in early.Values)
                events.Writer.TryWrite(left);
            events.Writer.TryComplete();
        }
    }

    /// <summary>Null when a line is no event: the child died in the middle of it, or something wrote past the protocol.</summary>
    private RunEvent? Parse(string line)
    {
        if (line.Length == 0)
            return null;
        try
        {
            return RunEventJson.Read(line);
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            Keep(line);
            return null;
        }
    }

    private async Task ReadErrorsAsync()
    {
        while (await process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
            Keep(line);
    }

    private void Keep(string line)
    {
        // libtorch says so for every convolution on processors without AVX2-only NNPACK support; it means nothing.
        if (line.Contains("NNPACK", StringComparison.Ordinal))
            return;
        lock (errors)
        {
            errors.Enqueue(line.Length > 2000 ? line[..2000] : line);
            if (errors.Count > KeptErrorLines)
                errors.Dequeue();
        }
    }

    private async Task<int> EndAsync()
    {
        await process.WaitForExitAsync(ended.Token).ConfigureAwait(false);
        await reading.ConfigureAwait(false);
        RanOutOfMemory = process.ExitCode == FailureRules.Killed && !killed && MemoryKills.Count() > memoryKills;
        return process.ExitCode;
    }
}
