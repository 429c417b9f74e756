namespace MiniSora.Web.Retention;

/// <summary>Why something stays although its class and age would let it go; stored as text. A key <c>Kept.…</c> of the texts.</summary>
public enum KeepReason
{
    /// <summary>Its run is not over, or its process still ends.</summary>
    Open,

    /// <summary>Its run may be resumed from it.</summary>
    Resumable,

    /// <summary>Its owner or an administrator pinned the run.</summary>
    Pinned,

    /// <summary>A post shows it or was made from it.</summary>
    Published,

    /// <summary>A collection holds such a post.</summary>
    Collection,

    /// <summary>An entry of the leaderboards, or a check of one, needs it.</summary>
    Leaderboard,

    /// <summary>Another run starts from it.</summary>
    Fork,

    /// <summary>A roundtable showed it or samples from it.</summary>
    Roundtable,

    /// <summary>A paper, a note, a comment or a description names it.</summary>
    Mentioned,

    /// <summary>Another run that keeps it made the same file.</summary>
    Shared,

    /// <summary>It came, or was needed again, within the last ten minutes.</summary>
    Young,

    /// <summary>It was gone before it could be deleted.</summary>
    Gone,
}
