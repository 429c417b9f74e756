using System.Globalization;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Workers;

namespace MiniSora.Web.Storage;

/// <summary>What must be so before the portal serves its first page.</summary>
internal sealed class PortalStart(DataFolder folder, DatabaseStart database, RunLedger ledger, LostSlots lost, ArtifactStore store, IServiceProvider services, TimeProvider clock) : IDisposable
{
    /// <summary>Exit codes: another portal has the data folder; the database is of a newer version; the port is taken; the bucket of the files cannot be used.</summary>
    public const int FolderInUse = 75, DatabaseTooNew = 78, PortInUse = 74, BucketAway = 69;

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
            await database.ApplyAsync(cancellationToken);
        }
        catch (NewerDatabaseException error)
        {
            await SayAsync(
                $"{error.Message} Start the newer MiniSora, or use another data folder. Nothing was changed.",
                $"数据文件夹 {folder.Root} 由更新版本的 MiniSora 写入。请启动新版本，或使用其他数据文件夹。未做任何修改。");
            return DatabaseTooNew;
        }

        await IdentitySetup.EnsureRolesAsync(services);
        await ledger.RecoverAsync(cancellationToken);
        await lost.TakeWorkingAsync(cancellationToken);
        return null;
    }

    /// <summary>To people at the console, who may read either language.</summary>
    public static async Task SayAsync(string english, string chinese)
    {
        await Console.Error.WriteLineAsync(english);
        await Console.Error.WriteLineAsync(chinese);
    }

    public void Dispose() => held?.Dispose();
}
