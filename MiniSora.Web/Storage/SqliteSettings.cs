using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MiniSora.Web.Storage;

/// <summary>
/// Settings SQLite keeps per connection. With write-ahead logging, NORMAL loses at most the last transactions in a
/// power cut and never corrupts; a busy file is waited for.
/// </summary>
internal sealed class SqliteSettings : DbConnectionInterceptor
{
    internal const string Pragmas = "PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000; PRAGMA foreign_keys=ON;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
