namespace MiniSora.Web.Workers;

/// <summary>Where the queue of jobs lives.</summary>
/// <param name="Connection">PostgreSQL that several machines share (<c>ConnectionStrings:Jobs</c>); null: the memory of this process.</param>
internal sealed record JobSettings(string? Connection)
{
    /// <summary>Workers on other machines may take jobs.</summary>
    public bool Shared => Connection is not null;
}
