using MiniSora.Jobs.Runs;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public sealed class RunSchedulerTests
{
    [Fact]
    public async Task A_submitted_run_reaches_a_process_and_one_that_always_dies_fails_with_a_reason()
    {
        await using var backend = await Backend.StartAsync(null, ("Runs:Execute", "true"), ("urls", "http://127.0.0.1:0"));
        backend.Get<RunProcessOptions>().Executable = "/bin/false";
        await backend.ServeAsync();
        var over = new TaskCompletionSource<Guid>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = backend.Get<RunFeed>().SubscribeAll((id, e) =>
        {
            if (e.Type == "state" && (string?)e.Data["state"] == nameof(RunState.Failed))
                over.TrySetResult(id);
        });

        var id = await backend.SubmitAsync(await backend.MemberAsync("mei"));
        Assert.Equal(id, await over.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        var run = await backend.RunAsync(id);
        Assert.Equal(("process_lost", RunLedger.MostLosses), (run.FailureCode, run.CurrentAttempt));
    }
}
