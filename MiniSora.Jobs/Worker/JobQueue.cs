using Hangfire;
using Hangfire.PostgreSql;

namespace MiniSora.Jobs.Worker;

/// <summary>The queue that several machines share: Hangfire's tables in PostgreSQL. It holds run ids only; the runs themselves are the portal's.</summary>
public static class JobQueue
{
    /// <summary>A worker that died is noticed by Hangfire after this long; the portal's own lease is shorter, and decides.</summary>
    private static readonly TimeSpan Invisibility = TimeSpan.FromMinutes(1);

    /// <summary>Opens the queue; makes its tables when they are not there.</summary>
    public static JobStorage Open(string connectionString)
    {
        var options = new PostgreSqlStorageOptions
        {
            // The defaults would start a run of more than half an hour a second time while the first goes on.
            InvisibilityTimeout = Invisibility,
            UseSlidingInvisibilityTimeout = true,
            EnableLongPolling = true,
            QueuePollInterval = TimeSpan.FromSeconds(2),
            SchemaName = "hangfire",
            PrepareSchemaIfNecessary = true,
        };
        return new PostgreSqlStorage(new Hangfire.PostgreSql.Factories.NpgsqlConnectionFactory(connectionString, options), options);
    }
}
