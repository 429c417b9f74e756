using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Sampling;
using MiniSora.Model.Text;

namespace MiniSora.Model.Systems;

/// <summary>Turns captions, classes and prompts into what a network is told.</summary>
/// <param name="kind">What it makes.</param>
/// <param name="prompts">Tokens of captions.</param>
/// <param name="classes">Of the dataset.</param>
/// <param name="frozen">Encodes captions in place of a text encoder that is trained along.</param>
internal sealed class Conditioning(ConditioningKind kind, PromptEncoder prompts, ClassNames classes, FrozenText? frozen = null)
{
    /// <summary>What it makes.</summary>
    public ConditioningKind Kind => kind;

    /// <summary>Numbers per token of frozen features; null without.</summary>
    public int? FrozenWidth => frozen?.Width;

    /// <summary>Classes, without the null class.</summary>
    public int ClassCount => classes.Names.Count;

    /// <summary>Conditions of training, row by row.</summary>
    public EncodedConditions Encode(IEnumerable<LaneCondition> rows) => kind switch
    {
        ConditioningKind.Label => new([.. rows.Select(row => row.Drop ? (long)ClassCount : row.Class)], null),
        ConditioningKind.Text when frozen is not null => new(null, null, frozen.Rows([.. rows.Select(row => row.Drop ? "" : row.Text)])),
        ConditioningKind.Text => new(null, [.. rows.Select(prompts.Encode)]),
        _ => new(null, null),
    };

    /// <summary>A prompt and the null condition, and whether they differ. Throws <see cref="SamplingException"/> for a class that there is not.</summary>
    public (EncodedConditions Both, bool Differ) Encode(string prompt, Action<SamplerWarning> warn)
    {
        switch (kind)
        {
            case ConditioningKind.Label when string.IsNullOrWhiteSpace(prompt):
                return (new([ClassCount, ClassCount], null), false);
            case ConditioningKind.Label:
                return (new([classes.Require(prompt), ClassCount], null), true);
            case ConditioningKind.Text when frozen is not null:
                return (new(null, null, frozen.Rows([prompt, ""])), !string.IsNullOrWhiteSpace(prompt));
            case ConditioningKind.Text:
                var (text, nothing) = (prompts.Encode(prompt, warn), prompts.Nothing);
                return (new(null, [text, nothing]), !text.Tokens.SequenceEqual(nothing.Tokens));
            default:
                return (new(null, null), false);
        }
    }
}
