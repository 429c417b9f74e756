using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using MiniSora.Web.Seeding;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Tests.Storage;

public sealed class DatabaseCareTests
{
    [Fact]
    public async Task A_portal_that_starts_knows_what_its_indexes_hold()
    {
        await using var backend = await Backend.StartAsync();
        await backend.Get<Seeder>().SeedAsync(new(Posts: 300, Runs: 20, Points: 0, Members: 5), new Progress<SeedProgress>(), CancellationToken.None);
        await using var db = await backend.DbAsync();
        await db.Database.ExecuteSqlRawAsync("DELETE FROM sqlite_stat1");
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();

        var care = backend.Get<IEnumerable<IHostedService>>().OfType<DatabaseCare>().Single();
        await care.StartAsync(CancellationToken.None);
        for (var look = 0; look < 200 && await LearnedAsync() == 0; look++)
            await Task.Delay(50);
        Assert.True(await LearnedAsync() > 0);
        await care.StopAsync(CancellationToken.None);

        async Task<long> LearnedAsync() =>
            (await db.Database.SqlQuery<long>($"SELECT COUNT(*) AS Value FROM sqlite_stat1 WHERE tbl = 'Posts'").ToListAsync()).Single();
    }
}
