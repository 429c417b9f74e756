using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Passports;
using MiniSora.Web.Portals;
using MiniSora.Web.Runs;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Storage;

/// <summary>What must be so before the portal serves its first page.</summary>
internal sealed class PortalStart(
    DataFolder folder, DatabaseStart database, RunLedger ledger, LostSlots lost, PortalLine line, PortalTalk talk, ArtifactStore store, IDbContextFactory<MiniSoraDbContext> contexts, IConfiguration configuration, IServiceProvider services, TimeProvider clock) : IDisposable
{
    /// <summary>
    /// Exit codes: another portal has the data folder; the database is of a newer version; the port is taken; another portal leads on the database;
    /// a front portal lacks what it shares with the lead; Redis or the bucket of the files cannot be reached.
    /// </summary>
    public const int FolderInUse = 75, DatabaseTooNew = 78, PortInUse = 74, LeadTaken = 76, NothingShared = 77, LineBroken = 69, BucketAway = 69;

    private static readonly TimeSpan SeatPatience = TimeSpan.FromSeconds(30);

    private DataFolderLock? held;

    /// <summary>Null when the portal may start, else the exit code.</summary>
    public async Task<int?> PrepareAsync(CancellationToken cancellationToken)
    {
        held = DataFolderLock.TryTake(folder, clock.GetUtcNow(), out var holder);
        if (held is null)
        {
            var who = holder is null ? "?" : $"{holder.ProcessId} ({holder.Machine}, {holder.Since.ToString("u", CultureInfo.InvariantCulture)})";
            await SayAsync(
                $"Another portal works on the data folder {folder.Root}: process {who}. Stop it, or give this one another folder (./start.sh --data DIR).",
                $"另一个门户正在使用数据文件夹 {folder.Root}：进程 {who}。请先停止它，或为本门户指定其他文件夹（./start.sh --data DIR）。");
            return FolderInUse;
        }

        var isLead = line.Role == PortalRole.Lead;
        if (!isLead && await LacksAsync())
            return NothingShared;
        if (services.GetService<LeadSeat>() is { } seat && !await seat.TakeAsync(SeatPatience, cancellationToken))
        {
            await SayAsync(
                "Another portal leads on this database. Stop it, or start this one as a front portal (Portals__Role=front; docs/operations.md).",
                "已有另一个门户在主持此数据库。请先停止它，或以前端门户方式启动本门户（Portals__Role=front；见 docs/operations.md）。");
            return LeadTaken;
        }

        try
        {
            if (store.Bucket is { } bucket)
                await bucket.TryAsync(cancellationToken);
        }
        catch (BucketAwayException error)
        {
            await SayAsync(
                $"The bucket {store.Bucket!.Name} ({store.Bucket.Place}) cannot be reached or written: {error.InnerException?.Message} Check the settings Artifacts:S3:… and that the key may list, read, write and delete there (docs/operations.md). Nothing was changed.",
                $"无法访问或写入存储桶 {store.Bucket.Name}（{store.Bucket.Place}）：{error.InnerException?.Message} 请检查 Artifacts:S3:… 设置，并确认密钥有列出、读取、写入和删除权限（docs/operations.md）。未做任何修改。");
            return BucketAway;
        }

        try
        {
            if (isLead)
            {
                await database.ApplyAsync(cancellationToken);
            }
            else if (!await database.IsCurrentAsync(cancellationToken))
            {
                await SayAsync(
                    "The database is not up to date. Start the lead of this version first; it changes the database.",
                    "数据库不是最新版本。请先启动此版本的主门户，由它更新数据库。");
                return DatabaseTooNew;
            }
        }
        catch (NewerDatabaseException error)
        {
            await SayAsync(
                $"{error.Message} Start the newer MiniSora, or use another data folder. Nothing was changed.",
                $"数据文件夹 {folder.Root} 由更新版本的 MiniSora 写入。请启动新版本，或使用其他数据文件夹。未做任何修改。");
            return DatabaseTooNew;
        }

        if (!await talk.OpenAsync())
        {
            await SayAsync(
                "Redis cannot be reached (ConnectionStrings__Redis). Start it, correct the address, or leave the setting out when there is one portal only.",
                "无法连接 Redis（ConnectionStrings__Redis）。请启动 Redis、更正地址；如果只有一个门户，请去掉此设置。");
            return LineBroken;
        }

        if (!isLead)
            return await SeesFilesAsync(cancellationToken) ? null : NothingShared;
        // A front portal is given it, so it must be there.
        if (line.IsShared)
            services.GetRequiredService<PassportKey>();
        await IdentitySetup.EnsureRolesAsync(services);
        await ledger.RecoverAsync(cancellationToken);
        await lost.TakeWorkingAsync(cancellationToken);
        return null;
    }

    // All reasons at once.
    private async Task<bool> LacksAsync()
    {
        var lacks = false;
        if (string.IsNullOrEmpty(configuration.GetConnectionString("Portal")) || string.IsNullOrEmpty(configuration.GetConnectionString("Redis")))
        {
            lacks = true;
            await SayAsync(
                "A front portal (Portals__Role=front) needs the lead's PostgreSQL database and Redis: set ConnectionStrings__Portal and ConnectionStrings__Redis as they are at the lead.",
                "前端门户（Portals__Role=front）需要主门户的 PostgreSQL 数据库和 Redis：请按主门户的值设置 ConnectionStrings__Portal 和 ConnectionStrings__Redis。");
        }

        if (!File.Exists(PassportKey.PathOf(folder)))
        {
            lacks = true;
            await SayAsync(
                $"A front portal signs with the lead's key: copy {Path.GetFileName(PassportKey.PathOf(folder))} from the folder keys/ of the lead's data to {PassportKey.PathOf(folder)}.",
                $"前端门户使用主门户的密钥签名：请把主门户数据文件夹 keys/ 中的 {Path.GetFileName(PassportKey.PathOf(folder))} 复制到 {PassportKey.PathOf(folder)}。");
        }

        return lacks;
    }

    // The files of all portals are in one place: whoever cannot see the newest one looks elsewhere.
    private async Task<bool> SeesFilesAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var newest = await context.Artifacts.OrderByDescending(artifact => artifact.CreatedAt).Select(artifact => artifact.Sha256).FirstOrDefaultAsync(cancellationToken);
        if (newest is null || await store.HasAsync(newest, cancellationToken))
            return true;
        await SayAsync(
            $"The files of the community are not here: {folder.Artifacts} lacks the newest one. Mount the lead's artifacts/ there, or name the same bucket (docs/operations.md).",
            $"这里没有社区的文件：{folder.Artifacts} 中缺少最新的文件。请把主门户的 artifacts/ 挂载到此处，或设置相同的存储桶（见 docs/operations.md）。");
        return false;
    }

    /// <summary>To people at the console, who may read either language.</summary>
    public static async Task SayAsync(string english, string chinese)
    {
        await Console.Error.WriteLineAsync(english);
        await Console.Error.WriteLineAsync(chinese);
    }

    public void Dispose() => held?.Dispose();
}
