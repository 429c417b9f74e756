namespace MiniSora.Web.Seeding;

/// <summary>How far it is.</summary>
/// <param name="What">English and Chinese.</param>
internal sealed record SeedProgress(string What, long Done, long All);

/// <summary>The data folder has members and nobody said that this is meant. Nothing was changed.</summary>
internal sealed class SeedRefusedException(int members) : InvalidOperationException($"The database has {members} members.")
{
    public int Members { get; } = members;
}
