using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MiniSora.Web.Storage;

/// <summary>Search finds words in capitals and small letters, as SQLite's LIKE does; PostgreSQL has another word for that.</summary>
internal sealed class LikeIgnoresCase : DbCommandInterceptor
{
    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        Change(command);
        return result;
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        Change(command);
        return ValueTask.FromResult(result);
    }

    // Only our own statements come by here, and what people type is in parameters.
    private static void Change(DbCommand command)
    {
        if (command.CommandText.Contains(" LIKE ", StringComparison.Ordinal))
            command.CommandText = command.CommandText.Replace(" LIKE ", " ILIKE ", StringComparison.Ordinal);
    }
}
