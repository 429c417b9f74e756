namespace MiniSora.Web.Arena;

/// <summary>What a member said of two videos.</summary>
public enum ArenaChoice
{
    /// <summary>The video of the entry with the smaller number is better.</summary>
    First,

    /// <summary>The other one is better.</summary>
    Second,

    /// <summary>Neither.</summary>
    Equal,
}

/// <summary>One vote: a member has one for each pair of videos.</summary>
public sealed class ArenaVote
{
    public Guid Id { get; init; }

    public Guid MemberId { get; init; }

    /// <summary>Smaller number of the two entries.</summary>
    public long FirstEntry { get; init; }

    /// <summary>Larger number.</summary>
    public long SecondEntry { get; init; }

    /// <summary>Number of the prompt.</summary>
    public int Clip { get; init; }

    public ArenaChoice Choice { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
