using Hangfire;
using Hangfire.Common;
using Hangfire.InMemory;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Worker;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Leaving;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Account.Profile;
using MiniSora.Web.Admin;
using MiniSora.Web.Api;
using MiniSora.Web.Arena;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Capsules;
using MiniSora.Web.Datasets;
using MiniSora.Web.Feeds;
using MiniSora.Web.Gallery;
using MiniSora.Web.Gallery.Compare;
using MiniSora.Web.Gallery.Reproductions;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Lineage;
using MiniSora.Web.Mail;
using MiniSora.Web.Models;
using MiniSora.Web.Moderation;
using MiniSora.Web.Papers;
using MiniSora.Web.Passports;
using MiniSora.Web.Portals;
using MiniSora.Web.Queue;
using MiniSora.Web.Retention;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;
using MiniSora.Web.Runs.Compare;
using MiniSora.Web.Runs.Matrix;
using MiniSora.Web.Runs.Sweeps;
using MiniSora.Web.Scores;
using MiniSora.Web.Seeding;
using MiniSora.Web.Status;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;
using MiniSora.Web.Workers;

namespace MiniSora.Web;

/// <summary>Composition of everything behind the pages.</summary>
public static class Backend
{
    /// <summary>
    /// Registers storage, identity (cookies, roles, rate limits), runs with their scheduler and Hangfire server, hub, gallery and datasets.
    /// Reads the settings <c>Data</c> (folder; also <c>MINISORA_DATA</c>), <c>Portals:…</c>, <c>Mail:…</c>, <c>Runs:…</c> and <c>Datasets:…</c> (also <c>MINISORA_OFFLINE</c>).
    /// </summary>
    public static WebApplicationBuilder AddMiniSoraBackend(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var folder = new DataFolder(Path.GetFullPath(builder.Configuration["Data"] ?? builder.Configuration["MINISORA_DATA"] ?? "data"));
        folder.Create();
        services.TryAddSingleton(TimeProvider.System);

        // Every statement and every idle worker would drown what an operator looks for.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning).AddFilter("Hangfire", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        services.AddSingleton(folder);
        services.AddOptions<RunOptions>().BindConfiguration("Runs").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<DatasetOptions>().BindConfiguration("Datasets")
            .Configure(options => options.Offline |= builder.Configuration["MINISORA_OFFLINE"] is "1" or "true");

        // Storage: a context per operation; the scoped one that comes along is for Identity's stores.
        services.AddPortalDatabase(builder.Configuration.GetConnectionString("Portal"), folder);
        services.AddSingleton<DatabaseStart>();
        services.AddSingleton<PortalStart>();
        services.AddSingleton<SeedFiles>();
        services.AddTransient<Seeder>();
        var role = builder.AddPortals(folder);
        builder.AddMembers();
        services.AddApi();

        AddArtifacts(services);
        AddRetention(services);
        AddRuns(services, folder);
        AddQueue(services);
        AddLeaderboards(services);
        AddCommunity(services);
        services.AddWebhooks(role);
        builder.AddMail(role);
        if (role == PortalRole.Lead)
            AddLead(builder);
        else
            services.Configure<RunOptions>(options => options.Execute = false);
        services.AddSingleton<ReliabilityReader>();
        services.AddSingleton<EstimateReader>();
        services.AddSingleton(provider => new MemberAdministration(
            provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<RunWriting>(), provider.GetRequiredService<RunWake>()));
        services.AddHealth();
        builder.AddTelemetry();
        services.AddSingleton<DatasetService>();
        services.AddHostedService<DatasetPreparation>();
        return builder;
    }

    /// <summary>
    /// Takes the data folder for this process and brings its database up to date. Call once, before <c>Run</c>.
    /// Null when the portal may start, else the exit code; the reason was printed in English and Chinese.
    /// </summary>
    public static Task<int?> PrepareMiniSoraAsync(this WebApplication app, CancellationToken cancellationToken) =>
        app.Services.GetRequiredService<PortalStart>().PrepareAsync(cancellationToken);

    /// <summary>Serves until the portal is asked to stop. Returns the exit code; an address in use is said in words, not by a stack trace.</summary>
    public static async Task<int> RunMiniSoraAsync(this WebApplication app)
    {
        // The server's own lines are for operators; whoever waits at the terminal is told when there is something to see.
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"Ready 已就绪: {string.Join("  ", app.Urls)}"));
        try
        {
            await app.RunAsync();
            return 0;
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await PortalStart.SayAsync(
                $"The port is in use: {error.Message} Stop the other program or choose another port (./start.sh --port N).",
                "端口已被占用。请停止占用端口的程序，或换一个端口（./start.sh --port N）。");
            return PortalStart.PortInUse;
        }
    }

    /// <summary>Maps <c>/hubs/runs</c>, <c>/api/…</c>, <c>/openapi/v1.json</c> and <c>/files/…</c>. Call after authentication and authorization.</summary>
    public static WebApplication MapMiniSoraBackend(this WebApplication app)
    {
        app.UseApiProblems();
        app.UseRateLimiter();
        app.MapOpenApi();
        app.MapApi();
        app.MapWorkers();
        app.MapRuns();
        app.MapFiles();
        app.MapGalleryButtons();
        app.MapModerationButtons();
        app.MapPaperButtons();
        app.MapRoundtables();
        app.MapFeeds();
        app.MapMemberData();
        app.MapSeen();
        app.MapJobsDashboard();
        app.MapStorageButtons();
        app.MapSweepButtons();
        app.MapEntryChecks();
        app.MapArenaVote();
        app.MapMail();
        app.MapCapsules();
        return app;
    }

    // Whatever members publish, say and read: constructors with internal parts are called here.
    private static void AddCommunity(IServiceCollection services)
    {
        services.AddOptions<ModerationOptions>().BindConfiguration("Moderation");
        services.AddSingleton<Standing>();
        services.AddSingleton<GalleryFeed>();
        services.AddSingleton<MemberData>();
        services.AddSingleton<PassportKey>();
        services.AddSingleton<PassportIssuer>();
        services.AddSingleton<PassportCheck>();
        services.AddSingleton<PassportVerifier>();
        services.AddSingleton(provider => new GalleryService(Contexts(provider), Writing(provider), provider.GetRequiredService<GalleryFeed>(), provider.GetRequiredService<Standing>(), provider.GetRequiredService<ArtifactStore>(),
            provider.GetRequiredService<PassportIssuer>()));
        services.AddSingleton(provider => new ReproductionService(Contexts(provider), provider.GetRequiredService<RunService>(), provider.GetRequiredService<RunAdmission>(), provider.GetRequiredService<Fleet>()));
        services.AddSingleton<CapsuleWriter>();
        services.AddSingleton<VideoComparisons>();
        services.AddSingleton<LineageReader>();
        services.AddSingleton<ModelReader>();
        services.AddSingleton(provider => new PostTalk(Contexts(provider), Writing(provider), provider.GetRequiredService<Standing>()));
        services.AddSingleton(provider => new CollectionService(Contexts(provider), Writing(provider), provider.GetRequiredService<Standing>()));
        services.AddSingleton(provider => new ModerationService(Contexts(provider), Writing(provider), provider.GetRequiredService<GalleryFeed>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new PaperService(Contexts(provider), Writing(provider), provider.GetRequiredService<Standing>()));
        services.AddSingleton(provider => new RoundtableService(Contexts(provider), Writing(provider), provider.GetRequiredService<Standing>(), provider.GetRequiredService<ArtifactStore>()));
        services.AddSingleton(provider => new LiveRooms(Contexts(provider), Writing(provider), provider.GetRequiredService<Standing>(), provider.GetRequiredService<RunService>(), provider.GetRequiredService<TimeProvider>()));
        services.AddOptions<SlideOptions>().BindConfiguration("Slides");
        services.AddSingleton(provider => new PdfPages(provider.GetRequiredService<IOptions<SlideOptions>>().Value));
        services.AddSingleton<SlideShow>();
        services.AddHostedService<StagePump>();
        services.AddSingleton(provider => new ProfileService(Contexts(provider), Writing(provider), provider.GetRequiredService<Standing>()));
        services.AddSingleton(provider => new NoticeBoard(Contexts(provider), Writing(provider)));
    }

    // What one portal does for all: runs are scheduled, and the house is kept.
    private static void AddLead(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var jobs = new JobSettings(builder.Configuration.GetConnectionString("Jobs") is { Length: > 0 } shared ? shared : null);
        services.AddSingleton(jobs);
        var execute = builder.Configuration.GetValue("Runs:Execute", true);
        if (execute || jobs.Shared)
            AddScheduling(services, jobs);
        if (execute)
            AddExecution(services, builder.Configuration.GetValue("Runs:Slots", 1));
        services.AddHostedService(provider => provider.GetRequiredService<CheckDriver>());
        services.AddHostedService(provider => provider.GetRequiredService<CleanupRunner>());
        services.AddHostedService<StarterCheckpoint>();
        services.AddHostedService<ForecastKeeper>();
        services.AddHostedService<FirstAdministratorLink>();
    }

    private static IDbContextFactory<MiniSoraDbContext> Contexts(IServiceProvider provider) => provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>();

    private static RunWriting Writing(IServiceProvider provider) => provider.GetRequiredService<RunWriting>();

    private static void AddLeaderboards(IServiceCollection services)
    {
        services.AddOptions<LeaderboardOptions>().BindConfiguration("Leaderboards").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => new ScoreReader(provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<ArtifactStore>()));
        services.AddSingleton(provider => new GoalCards(provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>()));
        services.AddSingleton(provider => new LeaderboardReader(provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>()));
        services.AddSingleton(provider => new LeaderboardService(
            provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<RunWriting>(), provider.GetRequiredService<RunWake>(),
            provider.GetRequiredService<ScoreReader>(), provider.GetRequiredService<IOptions<LeaderboardOptions>>()));
        services.AddSingleton(provider => new ArenaService(
            provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<RunWriting>(),
            provider.GetRequiredService<IDataProtectionProvider>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CheckDriver>();
    }

    private static void AddArtifacts(IServiceCollection services)
    {
        services.AddOptions<S3Options>().BindConfiguration("Artifacts:S3").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => new ArtifactStore(provider.GetRequiredService<DataFolder>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IOptions<S3Options>>().Value));
        services.AddSingleton<ArtifactMove>();
        services.AddHostedService(provider => provider.GetRequiredService<ArtifactMove>());
        services.AddSingleton<ArtifactIntake>();
        services.AddSingleton<ArtifactCleaner>();
        services.AddSingleton(provider => new UploadService(
            provider.GetRequiredService<ArtifactStore>(), provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(),
            provider.GetRequiredService<DataFolder>(), provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddRetention(IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration("Retention").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RetentionPolicies>();
        services.AddSingleton<RetentionPlanner>();
        services.AddSingleton<DiskUse>();
        services.AddSingleton(provider => new RetentionService(
            Contexts(provider), Writing(provider), provider.GetRequiredService<RetentionPolicies>(), provider.GetRequiredService<RetentionPlanner>(),
            provider.GetRequiredService<IOptions<RetentionOptions>>()));
        services.AddSingleton<CleanupRunner>();
    }

    private static void AddRuns(IServiceCollection services, DataFolder folder)
    {
        services.AddSignalR().AddJsonProtocol();
        services.AddSingleton<RunFeed>();
        services.AddSingleton<DiskReserve>();
        services.AddSingleton<RunWriting>();
        services.AddSingleton<MetricWriter>();
        services.AddSingleton<MetricReader>();
        services.AddSingleton<ExpectedBands>();
        services.AddSingleton<StopSignals>();
        services.AddSingleton<RunWake>();
        services.AddSingleton<RunSlots>();
        services.AddSingleton<Fleet>();
        services.AddSingleton<LostSlots>();
        services.AddSignalR().AddHubOptions<WorkerHub>(options =>
        {
            // A report holds up to 200 events; heartbeats and reports of several slots go side by side.
            (options.MaximumReceiveMessageSize, options.MaximumParallelInvocationsPerClient) = (16 << 20, 64);
            (options.KeepAliveInterval, options.ClientTimeoutInterval) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20));
        });
        services.AddSingleton<RunReader>();
        services.AddSingleton<RunAdmission>();
        services.AddSingleton<SubmitLimiter>();
        services.AddSingleton<RunLedger>();
        services.AddSingleton<IRunLedger>(provider => provider.GetRequiredService<RunLedger>());
        services.AddSingleton(provider => new RunService(
            provider.GetRequiredService<RunWriting>(), provider.GetRequiredService<RunAdmission>(), provider.GetRequiredService<RunReader>(),
            provider.GetRequiredService<SubmitLimiter>(), provider.GetRequiredService<StopSignals>(), provider.GetRequiredService<RunWake>(),
            provider.GetRequiredService<ArtifactCleaner>(), provider.GetRequiredService<DataFolder>(), provider.GetRequiredService<UseLedger>()));
        services.AddSingleton(new RunProcessOptions { DataFolder = folder.Root });
        services.AddSingleton(provider => new SpareProcess(
            provider.GetRequiredService<RunProcessOptions>(),
            provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<RunOptions>>().Value is { Execute: true, KeepSpare: true }, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<RunEventsPump>();
        services.AddSingleton<MachineSpeed>();
        services.AddSingleton<Comparisons>();
        services.AddSingleton<MatrixReader>();
        services.AddSingleton<SweepBudgets>();
        services.AddSingleton(provider => new SweepService(
            Contexts(provider), provider.GetRequiredService<RunService>(), provider.GetRequiredService<RunAdmission>(), Writing(provider), provider.GetRequiredService<RunWake>(),
            provider.GetRequiredService<SweepBudgets>(), provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddQueue(IServiceCollection services)
    {
        services.AddOptions<QueueOptions>().BindConfiguration("Queue").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<QueueCapacity>();
        services.AddSingleton<QueueOrder>();
        services.AddSingleton<UseLedger>();
        services.AddSingleton<DiskRoom>();
        services.AddSingleton<StageRoom>();
        services.AddSingleton(provider => new QueueBoard(
            provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<QueueOrder>(),
            provider.GetRequiredService<QueueCapacity>(), provider.GetRequiredService<RunSlots>(), provider.GetRequiredService<DiskRoom>(), provider.GetRequiredService<SweepBudgets>(),
            provider.GetRequiredService<RunFeed>(), provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<QueueOptions>>(),
            provider.GetRequiredService<TimeProvider>()));
    }

    // Hangfire owns when a run executes; what happened to it is the ledger's. Storage and filters are this host's own:
    // the static ones would be shared by every host in a test process, and would retry ten times.
    private static void AddScheduling(IServiceCollection services, JobSettings jobs)
    {
        services.AddSingleton<JobStorage>(provider =>
        {
            // First: it says where Hangfire logs, and a storage asks for that when it is made.
            provider.GetRequiredService<IGlobalConfiguration>();
            return jobs.Connection is { } shared ? JobQueue.Open(shared) : new InMemoryStorage();
        });
        services.AddSingleton<RunScheduler>();
        services.AddSingleton<IJobFilterProvider>(provider =>
        {
            var filters = new JobFilterCollection();
            filters.Add(new AllowedJobs());
            filters.Add(new RunJobEnds((runId, reason) => _ = provider.GetRequiredService<RunScheduler>().EndedAsync(runId, reason)));
            return new JobFilterProviderCollection(filters);
        });
        services.AddHangfire((provider, hangfire) => hangfire.UseLogProvider(new QueueLogs(provider.GetRequiredService<ILoggerFactory>())));
        services.AddHostedService(provider => provider.GetRequiredService<RunScheduler>());
    }

    private static void AddExecution(IServiceCollection services, int slots)
    {
        services.AddSingleton<JobActivator>(provider => new RunJobActivator(() => ActivatorUtilities.CreateInstance<RunJob>(provider)));
        services.AddHangfireServer(options =>
        {
            options.WorkerCount = slots;
            options.Queues = [.. MemoryClasses.QueuesOf(MemoryClass.G80)];
            options.CancellationCheckInterval = TimeSpan.FromSeconds(1);
            // A child gets time to write its checkpoint when the portal is asked to leave.
            options.ShutdownTimeout = TimeSpan.FromSeconds(45);
        });
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(60));
        services.AddHostedService(provider => provider.GetRequiredService<MachineSpeed>());
    }
}
