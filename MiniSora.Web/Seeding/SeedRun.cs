using System.Globalization;
using MiniSora.Jobs.Cli;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Seeding;

/// <summary>What <see cref="SeedCommand"/> does. Ends with 0 when done, 1 when refused, 130 when cancelled.</summary>
internal static class SeedRun
{
    public static async Task<int> RunAsync(SeedOptions options, string data, TimeProvider clock, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["Data"] = data;
        builder.Configuration["Runs:Execute"] = "false";
        builder.Configuration["Datasets:PrepareAtStart"] = "false";
        builder.AddMiniSoraBackend();
        await using var app = builder.Build();
        if (await app.PrepareMiniSoraAsync(stop) is { } code)
            return code;
        var since = clock.GetTimestamp();
        try
        {
            await app.Services.GetRequiredService<Seeder>().SeedAsync(options, new Lines(), stop);
            var took = clock.GetElapsedTime(since).TotalSeconds;
            await PortalStart.SayAsync(string.Create(CultureInfo.InvariantCulture, $"Done in {took:0} s."), string.Create(CultureInfo.InvariantCulture, $"完成，用时 {took:0} 秒。"));
            return 0;
        }
        catch (SeedRefusedException refused)
        {
            await PortalStart.SayAsync(
                $"The data folder {app.Services.GetRequiredService<DataFolder>().Root} has {refused.Members} members: nothing was changed. Give another one (--data DIR), or say --into-existing.",
                $"数据文件夹 {app.Services.GetRequiredService<DataFolder>().Root} 中已有 {refused.Members} 位成员：未做任何修改。请另选文件夹（--data DIR），或使用 --into-existing。");
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await PortalStart.SayAsync("Stopped. What was written stays: remove the data folder, or go on with --into-existing.", "已停止。已写入的内容会保留：请删除数据文件夹，或用 --into-existing 继续。");
            return 130;
        }
    }

    /// <summary>A line for each tenth: for people, and short enough for a log.</summary>
    private sealed class Lines : IProgress<SeedProgress>
    {
        private (string What, long Tenth) last = ("", 0);

        public void Report(SeedProgress value)
        {
            var tenth = value.All == 0 ? 10 : value.Done * 10 / value.All;
            if (last == (value.What, tenth))
                return;
            last = (value.What, tenth);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.What}: {value.Done:N0} / {value.All:N0}"));
        }
    }
}
