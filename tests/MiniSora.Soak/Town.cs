using MiniSora.Tests;

namespace MiniSora.Soak;

/// <summary>One portal in the default set-up, or a lead and front portals on a PostgreSQL and a Redis of their own.</summary>
internal sealed class Town : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> parts = [];
    private readonly List<Stage> portals = [];

    private Town()
    {
    }

    /// <summary>The lead: where tokens were made and workers report.</summary>
    public Stage Lead => portals[0];

    /// <summary>All portals, the lead first.</summary>
    public IReadOnlyList<Stage> Portals => portals;

    /// <param name="count">Portals in all; 1: the default set-up.</param>
    public static async Task<Town> OpenAsync(int count, int members, Func<IServiceProvider, Task> prepare, params (string Name, string Value)[] more)
    {
        var town = new Town();
        try
        {
            if (count == 1)
            {
                town.Keep(await Stage.OpenAsync(members, prepare, more));
                return town;
            }

            var postgres = await PostgresServer.StartAsync();
            town.parts.Add(postgres);
            var redis = await RedisServer.StartAsync();
            town.parts.Add(redis);
            (string, string)[] shared = [.. more, ("ConnectionStrings__Portal", await postgres.CreateAsync("portal")), ("ConnectionStrings__Redis", redis.Address)];
            town.Keep(await Stage.OpenAsync(members, prepare, shared));
            for (var i = 1; i < count; i++)
            {
                var folder = Directory.CreateTempSubdirectory("minisora-front-").FullName;
                Directory.CreateDirectory(Path.Combine(folder, "keys"));
                const string Key = "keys/passport.ed25519";
                File.Copy(Path.Combine(town.Lead.DataFolder, Key), Path.Combine(folder, Key));
                // One file system here, so that a link does what a network folder does elsewhere.
                Directory.CreateSymbolicLink(Path.Combine(folder, "artifacts"), Path.Combine(town.Lead.DataFolder, "artifacts"));
                town.Keep(await Stage.OpenOnAsync(folder, [.. shared, ("Portals__Role", "front")]));
            }

            return town;
        }
        catch
        {
            await town.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(parts))
            await part.DisposeAsync();
        foreach (var front in portals.Skip(1))
            Directory.Delete(front.DataFolder, recursive: true);
    }

    private void Keep(Stage portal)
    {
        parts.Add(portal);
        portals.Add(portal);
    }
}
