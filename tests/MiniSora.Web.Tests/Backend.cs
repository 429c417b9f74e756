using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Tests;

/// <summary>The portal's backend on a database of its own, without a server, a scheduler or a download.</summary>
internal sealed class Backend : IAsyncDisposable
{
    /// <summary>A setting: the clock begins with the time that it is, as other programs see it too.</summary>
    public const string RealNow = "real now";

    private static readonly AsyncLocal<Postgres?> Database = new();
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, string> Databases = new();

    private readonly bool ownsFolder;
    private readonly WebApplication app;

    private Backend(WebApplication app, string root, bool ownsFolder) => (this.app, Root, this.ownsFolder) = (app, root, ownsFolder);

    public string Root { get; }

    public FakeTimeProvider Clock => (FakeTimeProvider)Get<TimeProvider>();

    public RunService Runs => Get<RunService>();

    public RunLedger Ledger => Get<RunLedger>();

    public static async Task<Backend> StartAsync(string? root = null, params (string Name, string Value)[] settings)
    {
        var folder = root ?? Directory.CreateTempSubdirectory("minisora-web-").FullName;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = settings.FirstOrDefault(s => s.Name == "environment").Value ?? "Test" });
        builder.Configuration["Data"] = folder;
        builder.Configuration["Runs:Execute"] = "false";
        builder.Configuration["Runs:MinFreeBytes"] = "0";
        builder.Configuration["Runs:Starter"] = "false";
        builder.Configuration["Datasets:PrepareAtStart"] = "false";
        if (Database.Value is { } postgres)
        {
            // A backend that is started again on its folder finds its data again.
            if (!Databases.TryGetValue(folder, out var connection))
                connection = Databases[folder] = await postgres.CreateAsync();
            builder.Configuration["ConnectionStrings:Portal"] = connection;
        }

        foreach (var (name, value) in settings)
            builder.Configuration[name] = value;
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(settings.Any(s => s.Name == RealNow) ? TimeProvider.System.GetUtcNow() : new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero)));
        builder.AddMiniSoraBackend();
        var backend = new Backend(builder.Build(), folder, root is null);
        Assert.Null(await backend.app.PrepareMiniSoraAsync(CancellationToken.None));
        return backend;
    }

    /// <summary>From here on, in this test, backends keep their data in PostgreSQL.</summary>
    public static void Use(Postgres postgres) => Database.Value = postgres;

    /// <summary>Starts the hosted services too: scheduler, Hangfire, hub.</summary>
    public Task ServeAsync() => app.StartAsync();

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public async Task<MiniSoraDbContext> DbAsync() => await Get<IDbContextFactory<MiniSoraDbContext>>().CreateDbContextAsync();

    public async Task<Viewer> MemberAsync(string name, bool administrator = false)
    {
        await using var db = await DbAsync();
        var member = new Member { Id = Guid.NewGuid(), UserName = name, NormalizedUserName = name.ToUpperInvariant(), DisplayName = name };
        db.Users.Add(member);
        await db.SaveChangesAsync();
        return new(member.Id, administrator, administrator);
    }

    public async Task<Guid> SubmitAsync(Viewer viewer, string name = "Shapes", Origin? origin = null) =>
        Assert.IsType<Submitted>(await Runs.SubmitAsync(Training(name), origin ?? new(), viewer, CancellationToken.None)).RunId;

    public async Task<(Guid RunId, RunGrant Grant)> RunningAsync(Viewer viewer)
    {
        var id = await SubmitAsync(viewer);
        return (id, Assert.IsType<RunGrant>(await Ledger.ClaimAsync(id, "test", CancellationToken.None)));
    }

    public Task<ReportOutcome> ReportAsync(RunGrant grant, params RunEvent[] events) =>
        Ledger.ReportAsync(grant.RunId, grant.Attempt, events, CancellationToken.None);

    public Task EndAsync(RunGrant grant, int exitCode = 0, bool cancelled = false) =>
        Ledger.EndAsync(grant.RunId, grant.Attempt, new(exitCode, "", cancelled), CancellationToken.None);

    public async Task<Run> RunAsync(Guid id)
    {
        await using var db = await DbAsync();
        return await db.Runs.AsNoTracking().SingleAsync(run => run.Id == id);
    }

    /// <summary>Writes a file into the run's folder and says so, as a run process does.</summary>
    public async Task<RunArtifact> FileAsync(RunGrant grant, long seq, string kind, string name, byte[] content, int index = 0, long step = 0)
    {
        var path = Path.Combine(grant.Folder, name);
        await File.WriteAllBytesAsync(path, content);
        var sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        return new(kind, name, content.Length, sha256, step, index, "a red circle", 7) { Seq = seq };
    }

    public static TrainingSpec Training(string name = "Shapes") => new() { Name = name };

    public static RunStep Step(long seq, long step, double loss) => new(step, 10, 5, [new("loss", step, loss)]) { Seq = seq };

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (ownsFolder)
            Directory.Delete(Root, recursive: true);
    }
}
