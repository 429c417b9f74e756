using Microsoft.EntityFrameworkCore;

namespace MiniSora.Web.Storage;

/// <summary>The database was written by a newer MiniSora.</summary>
internal sealed class NewerDatabaseException(string migration)
    : InvalidOperationException($"The database has the migration '{migration}', which this version does not know.");

/// <summary>Brings the database up to date. The caller holds the <see cref="DataFolderLock"/>.</summary>
internal sealed class DatabaseStart(IDbContextFactory<MiniSoraDbContext> contexts, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Database.SetCommandTimeout(Limit);
        if (context.IsSqlite())
        {
            await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL;", cancellationToken);
            await ForgetStaleLockAsync(context, cancellationToken);
        }

        var known = context.Database.GetMigrations().ToHashSet();
        var applied = await context.Database.GetAppliedMigrationsAsync(cancellationToken);
        if (applied.FirstOrDefault(migration => !known.Contains(migration)) is { } newer)
            throw new NewerDatabaseException(newer);
        if ((await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
            await context.Database.MigrateAsync(cancellationToken);
        await Gallery.PostSearch.CatchUpAsync(context, cancellationToken);
        await Papers.PaperSeed.PlantAsync(context, clock.GetUtcNow(), cancellationToken);
        await Roundtables.RoundtableSeed.PlantAsync(context, clock.GetUtcNow(), cancellationToken);
    }

    /// <summary>Whether the database is as this version wants it, for a portal that leaves changing it to the lead.</summary>
    public async Task<bool> IsCurrentAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var known = context.Database.GetMigrations().ToHashSet();
        var applied = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToHashSet();
        return applied.FirstOrDefault(migration => !known.Contains(migration)) is { } newer ? throw new NewerDatabaseException(newer) : known.IsSubsetOf(applied);
    }

    // A process killed while it migrates leaves a row behind for which Migrate() would wait for ever. The data folder
    // is ours alone, so whoever wrote the row is dead.
    private static async Task ForgetStaleLockAsync(MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        var tables = await context.Database
            .SqlQueryRaw<int>("SELECT count(*) AS Value FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsLock'")
            .SingleAsync(cancellationToken);
        if (tables > 0)
            await context.Database.ExecuteSqlRawAsync("DELETE FROM __EFMigrationsLock", cancellationToken);
    }
}
