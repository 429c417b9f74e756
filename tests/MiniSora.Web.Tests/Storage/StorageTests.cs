using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Tests.Storage;

public sealed class StorageTests
{
    [Fact]
    public async Task Migrations_make_the_model_and_the_log_is_written_ahead()
    {
        await using var backend = await Backend.StartAsync();
        await using var db = await backend.DbAsync();
        Assert.False(db.Database.HasPendingModelChanges());
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
        Assert.Equal("wal", Assert.Single(db.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode").AsEnumerable()));
        Assert.Equal(1, Assert.Single(db.Database.SqlQueryRaw<int>("SELECT synchronous AS Value FROM pragma_synchronous").AsEnumerable()));
    }

    [Fact]
    public async Task A_lock_left_by_a_killed_migration_does_not_stop_the_portal()
    {
        var root = Directory.CreateTempSubdirectory("minisora-web-").FullName;
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(root, "portal.db")}"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE __EFMigrationsLock (Id INTEGER PRIMARY KEY, Timestamp TEXT NOT NULL); INSERT INTO __EFMigrationsLock VALUES (1, '2026-01-01')";
            await command.ExecuteNonQueryAsync();
        }

        await using (await Backend.StartAsync(root))
        {
        }

        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task A_second_portal_on_the_same_folder_is_told_who_has_it()
    {
        await using var backend = await Backend.StartAsync();
        Assert.Null(DataFolderLock.TryTake(new(backend.Root), backend.Clock.GetUtcNow(), out var holder));
        Assert.Equal(Environment.ProcessId, holder!.ProcessId);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        await using var backend = await Backend.StartAsync();
        await using var db = await backend.DbAsync();
        await db.Database.ExecuteSqlRawAsync("INSERT INTO \"__EFMigrationsHistory\" VALUES ('29991231000000_Later', '99.0.0')");
        await Assert.ThrowsAsync<NewerDatabaseException>(() => backend.Get<DatabaseStart>().ApplyAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Times_sort_and_come_back_in_universal_time()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var id = await backend.SubmitAsync(mei);
        var run = await backend.RunAsync(id);
        Assert.Equal(backend.Clock.GetUtcNow(), run.CreatedAt);
        Assert.Equal(TimeSpan.Zero, run.CreatedAt.Offset);
    }
}
