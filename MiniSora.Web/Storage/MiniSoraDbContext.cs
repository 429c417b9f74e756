using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Runs;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Api;
using MiniSora.Web.Arena;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Gallery;
using MiniSora.Web.Leaderboards;
using MiniSora.Web.Moderation;
using MiniSora.Web.Papers;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Storage;

/// <summary>All that the portal keeps. One context per operation, from the factory.</summary>
public class MiniSoraDbContext : IdentityDbContext<Member, IdentityRole<Guid>, Guid>
{
    /// <summary>On SQLite.</summary>
    public MiniSoraDbContext(DbContextOptions<MiniSoraDbContext> options)
        : base(options)
    {
    }

    /// <summary>For a context of another database: each has migrations of its own.</summary>
    protected MiniSoraDbContext(DbContextOptions options)
        : base(options)
    {
    }

    public DbSet<Run> Runs => Set<Run>();

    public DbSet<Attempt> Attempts => Set<Attempt>();

    public DbSet<RunEventRow> RunEvents => Set<RunEventRow>();

    public DbSet<MetricName> MetricNames => Set<MetricName>();

    public DbSet<Artifact> Artifacts => Set<Artifact>();

    public DbSet<Post> Posts => Set<Post>();

    public DbSet<ApiToken> ApiTokens => Set<ApiToken>();
    public DbSet<PostMark> PostMarks => Set<PostMark>();

    public DbSet<Comment> Comments => Set<Comment>();

    public DbSet<Collection> Collections => Set<Collection>();

    public DbSet<CollectionItem> CollectionItems => Set<CollectionItem>();

    public DbSet<Report> Reports => Set<Report>();

    public DbSet<Strike> Strikes => Set<Strike>();

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    public DbSet<Notice> Notices => Set<Notice>();

    public DbSet<Paper> Papers => Set<Paper>();

    public DbSet<PaperLink> PaperLinks => Set<PaperLink>();

    public DbSet<PaperNote> PaperNotes => Set<PaperNote>();

    public DbSet<PaperClaim> PaperClaims => Set<PaperClaim>();

    public DbSet<Roundtable> Roundtables => Set<Roundtable>();

    public DbSet<RoundtableVote> RoundtableVotes => Set<RoundtableVote>();

    public DbSet<RoundtableEvent> RoundtableEvents => Set<RoundtableEvent>();

    public DbSet<LeaderboardEntry> LeaderboardEntries => Set<LeaderboardEntry>();

    public DbSet<EntryCheck> EntryChecks => Set<EntryCheck>();

    public DbSet<ArenaVote> ArenaVotes => Set<ArenaVote>();

    public DbSet<FirstAdministratorToken> FirstAdministratorTokens => Set<FirstAdministratorToken>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();
        configurationBuilder.Properties<RunState>().HaveConversion<string>().HaveMaxLength(16);
        configurationBuilder.Properties<RunKind>().HaveConversion<string>().HaveMaxLength(16);
        configurationBuilder.Properties<CheckKind>().HaveConversion<string>().HaveMaxLength(16);
        configurationBuilder.Properties<CheckState>().HaveConversion<string>().HaveMaxLength(16);
        configurationBuilder.Properties<ArenaChoice>().HaveConversion<string>().HaveMaxLength(16);
        configurationBuilder.Properties<StopRequest>().HaveConversion<string>().HaveMaxLength(16);
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.ApplyConfigurationsFromAssembly(typeof(MiniSoraDbContext).Assembly);
    }
}
