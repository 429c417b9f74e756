using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MiniSora.Web.Retention;

/// <summary>Where a clean-up is; stored as text.</summary>
public enum CleanupState
{
    /// <summary>Waits until the time in which it can be called off is over.</summary>
    Scheduled,

    /// <summary>Deletes.</summary>
    Running,

    /// <summary>Everything that could go is gone.</summary>
    Done,

    /// <summary>Called off before anything was deleted.</summary>
    CalledOff,

    /// <summary>Stopped on the way: what was deleted by then is gone.</summary>
    Stopped,
}

/// <summary>Where an item of a clean-up is; stored as text.</summary>
public enum CleanupItemState
{
    Waiting,

    /// <summary>No row names it any more; its file goes next. After a crash the file is deleted then.</summary>
    Removing,
    Deleted,

    /// <summary>Stays: somebody came to need it after the preview.</summary>
    Kept,
}

/// <summary>A deletion that an administrator decided on after its preview: what was shown, and nothing else.</summary>
public sealed class Cleanup
{
    public Guid Id { get; init; }

    public Guid RequestedBy { get; init; }

    /// <summary>Display name at the time.</summary>
    public string RequestedByName { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Nothing is deleted before.</summary>
    public DateTimeOffset RunsAt { get; init; }

    public CleanupState State { get; set; }

    /// <summary>The policy it was planned by, <see cref="RetentionPolicy.ToJson"/>.</summary>
    public string PolicyJson { get; init; } = "{}";

    public int Items { get; init; }

    /// <summary>Room that the preview promised, bytes.</summary>
    public long Bytes { get; init; }

    public int Deleted { get; set; }

    public int Kept { get; set; }

    /// <summary>Room that became free so far, bytes, as found while deleting.</summary>
    public long BytesFreed { get; set; }

    /// <summary>Somebody asked it to stop on its way.</summary>
    public bool StopRequested { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Whether it has something to do yet.</summary>
    public bool IsOpen => State is CleanupState.Scheduled or CleanupState.Running;
}

/// <summary>One thing that a clean-up deletes.</summary>
public sealed class CleanupItem
{
    public Guid CleanupId { get; init; }

    /// <summary>0, 1, 2 …: the order of the preview.</summary>
    public int Index { get; init; }

    public FileClass Class { get; init; }

    /// <inheritdoc cref="PlanItem"/>
    public string Target { get; init; } = "";

    public Guid? RunId { get; init; }

    public string Name { get; init; } = "";

    public long Bytes { get; init; }

    public CleanupItemState State { get; set; }

    /// <summary>Why it was kept.</summary>
    public KeepReason? Reason { get; set; }

    /// <summary>Paths below the data folder that go with it, one a line; known from <see cref="CleanupItemState.Removing"/> on.</summary>
    public string Paths { get; set; } = "";
}

internal sealed class CleanupConfiguration : IEntityTypeConfiguration<Cleanup>, IEntityTypeConfiguration<CleanupItem>
{
    public void Configure(EntityTypeBuilder<Cleanup> builder)
    {
        builder.ToTable("Cleanups").HasKey(cleanup => cleanup.Id);
        builder.Ignore(cleanup => cleanup.IsOpen);
        builder.Property(cleanup => cleanup.State).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(cleanup => new { cleanup.State, cleanup.CreatedAt });
    }

    public void Configure(EntityTypeBuilder<CleanupItem> builder)
    {
        builder.ToTable("CleanupItems").HasKey(item => new { item.CleanupId, item.Index });
        builder.Property(item => item.Class).HasConversion<string>().HasMaxLength(16);
        builder.Property(item => item.State).HasConversion<string>().HasMaxLength(16);
        builder.Property(item => item.Reason).HasConversion<string>().HasMaxLength(16);
        builder.HasOne<Cleanup>().WithMany().HasForeignKey(item => item.CleanupId).OnDelete(DeleteBehavior.Cascade);
    }
}
