using MiniSora.Model.Text;

namespace MiniSora.Model.Systems;

/// <summary>Conditions of a batch as numbers, row after row; one of the three, or none for an unconditional network.</summary>
/// <param name="Labels">Numbers of classes; the null class is the number of classes.</param>
/// <param name="Captions">Tokens.</param>
/// <param name="Features">Flattened features of a frozen encoder, in place of tokens.</param>
internal sealed record EncodedConditions(long[]? Labels, EncodedCaption[]? Captions, float[][]? Features = null)
{
    /// <summary>The rows of some lanes, each of which has <paramref name="perLane"/>.</summary>
    public EncodedConditions Lanes(int from, int count, int perLane) => new(
        Labels?[(from * perLane)..((from + count) * perLane)],
        Captions?[(from * perLane)..((from + count) * perLane)],
        Features?[(from * perLane)..((from + count) * perLane)]);
}
