namespace MiniSora.Web.Runs;

/// <summary>A live event as stored, so that a late viewer hears what it missed. Old steps are pruned: their points stay.</summary>
public sealed class RunEventRow
{
    public long RunNumber { get; init; }

    public long Seq { get; init; }

    public DateTimeOffset At { get; init; }

    public string Type { get; init; } = "";

    public string Json { get; init; } = "";
}
