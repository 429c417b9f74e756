using MiniSora.Jobs.Specs;

namespace MiniSora.Web.Runs.NewRun;

/// <summary>A reason why the form cannot be submitted, in the reader's language.</summary>
/// <param name="Path">The field; empty when it is about none.</param>
public sealed record FormProblem(string Path, string Sentence)
{
    public static FormProblem Of(SpecProblem problem) => new(problem.Path, SpecTexts.Problem(problem));

    public static FormProblem Of(Refusal refusal) => new(refusal.Path, RefusalTexts.Of(refusal));
}
