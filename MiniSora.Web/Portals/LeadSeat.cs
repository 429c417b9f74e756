using MiniSora.Web.Storage;
using Npgsql;

namespace MiniSora.Web.Portals;

/// <summary>
/// Makes sure that one portal leads on a PostgreSQL database, as <see cref="DataFolderLock"/> does on a folder: an advisory lock of a session that is
/// held as long as the portal lives. PostgreSQL frees it when the session ends, however it ends.
/// </summary>
internal sealed partial class LeadSeat(string connection, ILogger<LeadSeat> logger) : IAsyncDisposable
{
    /// <summary>Numbers of the advisory locks: the lead's, and that of whoever writes.</summary>
    public const long Lead = 0x4d53_4c45_4144, Writer = 0x4d53_5752_4954;

    private NpgsqlConnection? session;

    /// <summary>Takes the seat, waiting as long for one who leaves or has died. False when somebody else leads.</summary>
    public async Task<bool> TakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        // Not from the pool, which would keep the session after us. The server asks after ten seconds of silence whether this machine still lives.
        var fresh = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, ApplicationName = "minisora-lead", CommandTimeout = 0 }.ConnectionString);
        try
        {
            await fresh.OpenAsync(cancellationToken);
            await using var command = fresh.CreateCommand();
            command.CommandText =
                "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
                + $"SET lock_timeout = {(long)Math.Max(1, patience.TotalMilliseconds)}; SELECT pg_advisory_lock({Lead});";
            await command.ExecuteNonQueryAsync(cancellationToken);
            session = fresh;
            return true;
        }
        catch (Exception error)
        {
            await fresh.DisposeAsync();
            if (error is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
                return false;
            throw;
        }
    }

    /// <summary>Whether the seat is still ours; taken again where the database was restarted. False when somebody else has it.</summary>
    public async Task<bool> HoldAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (session is { } held)
            {
                await using var command = held.CreateCommand();
                command.CommandText = "SELECT 1";
                // A line that is cut is not heard of for long; the server gives the seat away after half a minute.
                command.CommandTimeout = 5;
                await command.ExecuteNonQueryAsync(cancellationToken);
                return true;
            }
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            LogLost(error);
        }

        await DisposeAsync();
        try
        {
            return await TakeAsync(TimeSpan.FromSeconds(1), cancellationToken);
        }
        catch (NpgsqlException)
        {
            // The database is away: nobody can take the seat meanwhile, and nothing can be written.
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (session is { } held)
            await held.DisposeAsync();
        session = null;
    }

    [LoggerMessage(LogLevel.Warning, "The session that holds the lead's seat ended; it is taken again")]
    private partial void LogLost(Exception error);
}
