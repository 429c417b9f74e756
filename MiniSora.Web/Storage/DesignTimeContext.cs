using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace MiniSora.Web.Storage;

/// <summary>Lets <c>dotnet ef migrations add</c> build the model without starting the portal.</summary>
internal sealed class DesignTimeContext : IDesignTimeDbContextFactory<MiniSoraDbContext>
{
    public MiniSoraDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<MiniSoraDbContext>().UseSqlite("Data Source=:memory:").Options);
}
