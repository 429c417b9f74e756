namespace MiniSora.Web.Account;

/// <summary>Prints the link to the console of a production portal that has no administrator, once it listens.</summary>
internal sealed class FirstAdministratorLink(
    FirstAdministrator first, ListeningAddresses addresses, IHostEnvironment environment, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!environment.IsProduction())
            return;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        if (await first.ExistsAsync(stoppingToken))
            return;
        var link = $"{addresses.ForPeople}/account/first-administrator?token={await first.IssueAsync(stoppingToken)}";
        await Console.Out.WriteLineAsync(
            $"""

            There is no administrator yet. This link makes the first one; it is good once, for 24 hours:
            还没有管理员。用下面的链接创建第一位管理员，链接仅可使用一次，24 小时内有效：

              {link}

            """);
    }
}
