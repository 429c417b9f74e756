using MiniSora.Jobs.Specs;

namespace MiniSora.Web.Runs;

/// <summary>
/// Why something a person asked for is not done. <see cref="RefusalTexts"/> turns it into a sentence in their language.
/// </summary>
/// <param name="Code">Stable, e.g. <c>disk_nearly_full</c>, <c>not_found</c>, or a spec problem's code.</param>
/// <param name="Path">Field of the spec it is about, e.g. <c>training.steps</c>; empty when it is about none.</param>
/// <param name="Arguments">What the sentence needs: names and numbers.</param>
public sealed record Refusal(string Code, string Path, IReadOnlyDictionary<string, string> Arguments)
{
    /// <summary>A reason that is about no field.</summary>
    public Refusal(string code, params (string Name, string Value)[] arguments)
        : this(code, "", arguments.ToDictionary(a => a.Name, a => a.Value))
    {
    }

    /// <summary>Line of the YAML document, from 1; null when it is about none.</summary>
    public int? Line { get; init; }

    /// <summary>A problem of a spec as a reason.</summary>
    public static Refusal Of(SpecProblem problem) => new(problem.Code, problem.Path, problem.Arguments) { Line = problem.Line };
}

/// <summary>Answer to a submission.</summary>
public abstract record SubmitResult;

/// <summary>It is queued.</summary>
public sealed record Submitted(Guid RunId) : SubmitResult;

/// <summary>It is not, for all these reasons at once.</summary>
public sealed record Refused(IReadOnlyList<Refusal> Reasons) : SubmitResult;
