using System.Globalization;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// Measures this machine in a child process (<c>minisora calibrate</c>), so that the estimates of a portal's first runs are not guesses. A child,
/// because the portal never loads libtorch.
/// </summary>
public static class SpeedMeasurement
{
    /// <summary>Width of the shipped recipes; a finished run of another width adds its own rate.</summary>
    private const int Width = 128;

    /// <summary>
    /// Takes about ten seconds. Null when it ended well, else what the child said last. Cancelling ends the child and leaves no result.
    /// </summary>
    public static async Task<string?> MeasureAsync(RunProcessOptions options, CancellationToken cancellationToken)
    {
        var start = RunExecutable.Command(options);
        start.ArgumentList.Add("calibrate");
        start.ArgumentList.Add("--widths");
        start.ArgumentList.Add(Width.ToString(CultureInfo.InvariantCulture));
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = System.Diagnostics.Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        try
        {
            process.PriorityClass = System.Diagnostics.ProcessPriorityClass.BelowNormal;
            process.StandardInput.Close();
            var said = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var complained = await process.StandardError.ReadToEndAsync(cancellationToken);
            await said;
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? null : $"exit {process.ExitCode}: {complained.Trim().Split('\n')[^1]}";
        }
        finally
        {
            // Alone: it has no children, and killing a tree first stops it, in which state it stays if this process ends just then.
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }
}
