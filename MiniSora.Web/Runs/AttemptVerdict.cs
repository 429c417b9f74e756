using System.Text.Json;
using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Runs;

/// <summary>What the end of an attempt means for its run.</summary>
internal static class AttemptVerdict
{
    /// <summary>Decides from what the process said and how it ended.</summary>
    public static void Decide(RunWrite write, Run run, Attempt attempt, AttemptEnd end)
    {
        switch (attempt.Outcome)
        {
            case "completed" or "stopped":
                write.Move(run, RunState.Succeeded);
                break;
            case "failed":
                Failed(write, run, attempt);
                break;
            case "interrupted":
                // Left in good order; if it was for a pause it rests, else it goes on by itself.
                if (run.StopRequested == StopRequest.Interrupt)
                    Rest(write, run);
                else
                    Requeue(write, run);
                break;
            default:
                if (end.Cancelled)
                    write.Move(run, RunState.Cancelled);
                else if (end.OutOfMemory && run.State != RunState.Interrupted)
                    OutOfMemory(write, run, end.LastError);
                else
                    Lost(write, run, end.LastError, counts: true, end.ExitCode);
                break;
        }
    }

    /// <summary>Nobody works on it and nobody said why. Queued again, unless that happened too often without progress.</summary>
    /// <param name="counts">False when the portal itself went away: that says nothing about the run.</param>
    public static void Lost(RunWrite write, Run run, string reason, bool counts, int? exitCode = null)
    {
        if (run.State == RunState.Interrupted)
        {
            write.Move(run, RunState.Queued);
            return;
        }

        run.LostInARow += counts ? 1 : 0;
        var arguments = new Dictionary<string, string>
        {
            ["attempts"] = run.LostInARow.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["exitCode"] = exitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "",
        };
        if (run.LostInARow >= RunLedger.MostLosses)
        {
            run.FailureCode = "process_lost";
            run.FailureMessage = reason.Length == 0 ? "The run process ended without a word." : reason;
            run.FailureArguments = JsonSerializer.Serialize(arguments, LiveJson.Options);
            write.Move(run, RunState.Failed);
        }
        else if (run.StopRequested == StopRequest.Interrupt)
        {
            Rest(write, run);
        }
        else
        {
            // Killed once may be anything; only killed again and again is a lack of memory, if the system did not say so.
            Requeue(write, run, counts ? FailureRules.Of("process_lost", new Dictionary<string, string>()).Pause(run.LostInARow) : null);
        }
    }

    /// <summary>It said why it failed. Some reasons pass by themselves: then it is tried again, later each time, a bounded number of times.</summary>
    private static void Failed(RunWrite write, Run run, Attempt attempt)
    {
        var rule = FailureRules.Of(run.FailureCode ?? "software", JsonSerializer.Deserialize<Dictionary<string, string>>(run.FailureArguments ?? "{}") ?? []);
        if (!rule.IsAutomatic || ++run.LostInARow >= RunLedger.MostLosses || run.StopRequested is not (null or StopRequest.Yield or StopRequest.Budget))
        {
            write.Move(run, RunState.Failed);
            return;
        }

        attempt.LastError = string.Join('\n', new[] { run.FailureMessage, attempt.LastError }.Where(text => !string.IsNullOrEmpty(text)));
        (run.FailureCode, run.FailureMessage, run.FailureArguments) = (null, null, null);
        Requeue(write, run, rule.Pause(run.LostInARow));
    }

    /// <summary>The same again would end the same way.</summary>
    private static void OutOfMemory(RunWrite write, Run run, string reason)
    {
        run.FailureCode = "out_of_memory";
        run.FailureMessage = reason.Length == 0 ? "The system ended the run process because memory ran out." : reason;
        run.FailureArguments = JsonSerializer.Serialize(new Dictionary<string, string>(), LiveJson.Options);
        write.Move(run, RunState.Failed);
    }

    private static void Rest(RunWrite write, Run run)
    {
        run.StopRequested = null;
        Still(run);
        write.Move(run, RunState.Paused);
    }

    private static void Requeue(RunWrite write, Run run, TimeSpan? pause = null)
    {
        Still(run);
        run.RetryAt = write.Now + pause;
        write.Move(run, RunState.Interrupted);
        write.Move(run, RunState.Queued);
    }

    private static void Still(Run run) => (run.StepsPerSecond, run.SecondsLeft, run.PhaseKey, run.PhaseProgress) = (0, 0, null, null);
}
