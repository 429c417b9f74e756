using Microsoft.EntityFrameworkCore;

namespace MiniSora.Web.Storage;

/// <summary>The same model on PostgreSQL, with the migrations of the folder <c>MigrationsPostgres</c>.</summary>
internal sealed class PostgresContext(DbContextOptions<PostgresContext> options) : MiniSoraDbContext(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        // SQLite takes a text of any length whatever the model says, and PostgreSQL gains nothing from a limit: what people type is checked where they type it.
        foreach (var property in builder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()).Where(property => property.GetMaxLength() is not null))
            property.SetMaxLength(null);
    }
}

/// <summary>Gives whoever asks for a context one of the database that the portal was given.</summary>
internal sealed class PostgresContextFactory(IDbContextFactory<PostgresContext> inner) : IDbContextFactory<MiniSoraDbContext>
{
    public MiniSoraDbContext CreateDbContext() => inner.CreateDbContext();

    public async Task<MiniSoraDbContext> CreateDbContextAsync(CancellationToken cancellationToken = default) => await inner.CreateDbContextAsync(cancellationToken);
}
