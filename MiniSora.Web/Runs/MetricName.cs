namespace MiniSora.Web.Runs;

/// <summary>A metric's name, kept once; points carry the number.</summary>
public sealed class MetricName
{
    public int Id { get; init; }

    public string Name { get; init; } = "";
}
