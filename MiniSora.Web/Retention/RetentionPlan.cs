using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MiniSora.Web.Retention;

/// <summary>A run as lists of files name it.</summary>
public sealed record FileRun(Guid Id, long Number, string Name, string OwnerName);

/// <summary>Something that would be deleted.</summary>
/// <param name="Target"><c>blob:…</c> with the hash, <c>log:…</c> with the run's id, <c>file:…</c> with a path below the data folder.</param>
/// <param name="Run">Null for files of nobody.</param>
/// <param name="Bytes">Room that becomes free: a file counts once however many names it has.</param>
public sealed record PlanItem(FileClass Class, string Target, FileRun? Run, string Name, long Bytes);

/// <summary>Something that stays although its class and age would let it go.</summary>
public sealed record KeptItem(FileClass Class, string Target, FileRun? Run, string Name, long Bytes, IReadOnlyCollection<KeepReason> Reasons);

/// <summary>What a policy would delete now, and what it would spare and why.</summary>
public sealed record RetentionPlan(IReadOnlyList<PlanItem> Items, IReadOnlyList<KeptItem> Kept)
{
    /// <summary>Room that becomes free.</summary>
    public long Bytes => Items.Sum(item => item.Bytes);

    /// <summary>Two plans with the same digest delete the same.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n',
        Items.Select(item => string.Create(CultureInfo.InvariantCulture, $"{item.Target} {item.Bytes}")).Order(StringComparer.Ordinal)))));
}
