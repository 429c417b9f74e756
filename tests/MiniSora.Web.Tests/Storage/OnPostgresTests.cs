using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Storage;
using MiniSora.Web.Tests.Api;
using MiniSora.Web.Tests.Gallery;
using MiniSora.Web.Tests.Lineage;
using MiniSora.Web.Tests.Mail;
using MiniSora.Web.Tests.Models;
using MiniSora.Web.Tests.Moderation;
using MiniSora.Web.Tests.Papers;
using MiniSora.Web.Tests.Queue;
using MiniSora.Web.Tests.Retention;
using MiniSora.Web.Tests.Roundtables;
using MiniSora.Web.Tests.Runs;
using MiniSora.Web.Tests.Seeding;
using MiniSora.Web.Tests.Webhooks;

namespace MiniSora.Web.Tests.Storage;

// What holds on SQLite holds on PostgreSQL: the same tests once more.

[Collection(PostgresTests.Name)]
public sealed class RunServiceOnPostgresTests : RunServiceTests
{
    public RunServiceOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class RunLedgerOnPostgresTests : RunLedgerTests
{
    public RunLedgerOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class MetricsOnPostgresTests : MetricTests
{
    public MetricsOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class ExpectedBandOnPostgresTests : ExpectedBandTests
{
    public ExpectedBandOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class ReplayOnPostgresTests : ReplayTests
{
    public ReplayOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class GalleryOnPostgresTests : GalleryServiceTests
{
    public GalleryOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class ReproductionsOnPostgresTests : ReproductionTests
{
    public ReproductionsOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class ApiTokensOnPostgresTests : ApiTokensTests
{
    public ApiTokensOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class StageRoomOnPostgresTests : StageRoomTests
{
    public StageRoomOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class SweepOnPostgresTests : SweepTests
{
    public SweepOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class StarterCheckpointOnPostgresTests : StarterCheckpointTests
{
    public StarterCheckpointOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class PostgresStorageTests
{
    public PostgresStorageTests(Postgres postgres) => Backend.Use(postgres);

    [Fact]
    public async Task Migrations_make_the_model()
    {
        await using var backend = await Backend.StartAsync();
        await using var db = await backend.DbAsync();
        Assert.IsType<PostgresContext>(db);
        Assert.False(db.Database.HasPendingModelChanges(), "run eng/migrations.sh");
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
        Assert.False(File.Exists(Path.Combine(backend.Root, "portal.db")));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        await using var backend = await Backend.StartAsync();
        await using var db = await backend.DbAsync();
        await db.Database.ExecuteSqlRawAsync("INSERT INTO \"__EFMigrationsHistory\" VALUES ('29991231000000_Later', '99.0.0')");
        await Assert.ThrowsAsync<NewerDatabaseException>(() => backend.Get<DatabaseStart>().ApplyAsync(CancellationToken.None));
    }
}

[Collection(PostgresTests.Name)]
public sealed class PostSearchOnPostgresTests : PostSearchTests
{
    public PostSearchOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class GalleryFeedOnPostgresTests : GalleryFeedTests
{
    public GalleryFeedOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class PostTalkOnPostgresTests : PostTalkTests
{
    public PostTalkOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class ModerationServiceOnPostgresTests : ModerationServiceTests
{
    public ModerationServiceOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class PaperServiceOnPostgresTests : PaperServiceTests
{
    public PaperServiceOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class LiveRoomsOnPostgresTests : LiveRoomsTests
{
    public LiveRoomsOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class RoundtableServiceOnPostgresTests : RoundtableServiceTests
{
    public RoundtableServiceOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class RetentionOnPostgresTests : RetentionTests
{
    public RetentionOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class SeederOnPostgresTests : SeederTests
{
    public SeederOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class SampleMatrixOnPostgresTests : SampleMatrixTests
{
    public SampleMatrixOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class VideoComparisonOnPostgresTests : VideoComparisonTests
{
    public VideoComparisonOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class LineageOnPostgresTests : LineageReaderTests
{
    public LineageOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class ModelsOnPostgresTests : ModelReaderTests
{
    public ModelsOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class WebhooksOnPostgresTests : WebhookTests
{
    public WebhooksOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class DigestOnPostgresTests : DigestTests
{
    public DigestOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class PasswordResetOnPostgresTests : PasswordResetTests
{
    public PasswordResetOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}

[Collection(PostgresTests.Name)]
public sealed class ConfirmationOnPostgresTests : ConfirmationTests
{
    public ConfirmationOnPostgresTests(Postgres postgres) => Backend.Use(postgres);
}
