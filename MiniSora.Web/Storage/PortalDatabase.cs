using System.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace MiniSora.Web.Storage;

/// <summary>The two databases that the portal can keep its data in, and in what they differ.</summary>
internal static class PortalDatabase
{
    /// <summary>SQLite in the data folder, or the PostgreSQL of <c>ConnectionStrings:Portal</c>. A context per operation; the scoped one that comes along is for Identity's stores.</summary>
    public static void AddPortalDatabase(this IServiceCollection services, string? postgres, DataFolder folder)
    {
        if (string.IsNullOrEmpty(postgres))
        {
            services.AddDbContextFactory<MiniSoraDbContext>(options => options.UseSqlite($"Data Source={folder.Database}").AddInterceptors(new SqliteSettings()));
            services.AddHostedService<DatabaseCare>();
            return;
        }

        services.AddDbContextFactory<PostgresContext>(options => Configure(options, postgres));
        services.AddSingleton<IDbContextFactory<MiniSoraDbContext>, PostgresContextFactory>();
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>().CreateDbContext());
    }

    public static void Configure(DbContextOptionsBuilder options, string postgres) => options.UseNpgsql(postgres).AddInterceptors(new LikeIgnoresCase());

    public static bool IsSqlite(this MiniSoraDbContext context) => context is not PostgresContext;

    /// <summary>A transaction in which everything that is read is of one moment, and for which no writer waits.</summary>
    public static async Task<IDbContextTransaction> SnapshotAsync(this MiniSoraDbContext context, CancellationToken cancellationToken)
    {
        if (!context.IsSqlite())
            return await context.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await context.Database.OpenConnectionAsync(cancellationToken);
        var connection = (SqliteConnection)context.Database.GetDbConnection();
        return (await context.Database.UseTransactionAsync(connection.BeginTransaction(deferred: true), cancellationToken))!;
    }

    /// <summary>Waits until no other portal writes, for the rest of the transaction; on SQLite the transaction has seen to that.</summary>
    public static Task OneWriterAsync(this MiniSoraDbContext context, CancellationToken cancellationToken) =>
        context.IsSqlite() ? Task.CompletedTask : context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Portals.LeadSeat.Writer})", cancellationToken);

    /// <summary>Lets the database count what its indexes hold, so that it chooses well among them. Costs little when nothing much has changed.</summary>
    public static Task LearnAsync(MiniSoraDbContext context, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlRawAsync(context.IsSqlite() ? "PRAGMA analysis_limit=1000; PRAGMA optimize=0x10002;" : "ANALYZE;", cancellationToken);

    /// <summary>Whether a write failed because there was no room for it.</summary>
    public static bool IsFull(Exception error) =>
        error is SqliteException { SqliteErrorCode: 13 } or PostgresException { SqlState: PostgresErrorCodes.DiskFull }
        || (error is DbUpdateException && error.InnerException is { } inner && IsFull(inner));
}
