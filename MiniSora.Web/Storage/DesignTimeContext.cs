using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace MiniSora.Web.Storage;

/// <summary>Lets <c>dotnet ef migrations add</c> build the model without starting the portal.</summary>
internal sealed class DesignTimeContext : IDesignTimeDbContextFactory<MiniSoraDbContext>
{
    public MiniSoraDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<MiniSoraDbContext>().UseSqlite("Data Source=:memory:").Options);
}

/// <summary>The same for the migrations on PostgreSQL.</summary>
internal sealed class DesignTimePostgres : IDesignTimeDbContextFactory<PostgresContext>
{
    public PostgresContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<PostgresContext>();
        PortalDatabase.Configure(options, "Host=nowhere");
        return new(options.Options);
    }
}
