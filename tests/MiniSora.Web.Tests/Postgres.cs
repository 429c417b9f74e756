using MiniSora.Tests;

namespace MiniSora.Web.Tests;

/// <summary>One PostgreSQL for all tests that want one; each gets a database of its own.</summary>
public sealed class Postgres : IAsyncLifetime
{
    private PostgresServer? server;
    private int databases;

    internal PostgresServer Server => server ?? throw new InvalidOperationException("It was not started.");

    public Task<string> CreateAsync() => Server.CreateAsync($"test{Interlocked.Increment(ref databases)}");

    public async Task InitializeAsync() => server = await PostgresServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresTests : ICollectionFixture<Postgres>
{
    public const string Name = "PostgreSQL";
}
