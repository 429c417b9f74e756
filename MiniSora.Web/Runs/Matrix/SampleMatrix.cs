namespace MiniSora.Web.Runs.Matrix;

/// <summary>A preview clip in a cell of the matrix.</summary>
public sealed record MatrixClip(string Url, string? PosterUrl);

/// <summary>A prompt and what the model made of it at every step.</summary>
/// <param name="Index">Number of the prompt in the spec, from 0.</param>
/// <param name="Clips">One per step; null where none was made.</param>
public sealed record MatrixRow(int Index, string Prompt, long? Seed, IReadOnlyList<MatrixClip?> Clips);

/// <summary>The previews of a training run: prompts downwards, training steps across.</summary>
/// <param name="Steps">Steps that are shown, in order.</param>
/// <param name="AllSteps">How many steps have previews.</param>
public sealed record SampleMatrix(
    Guid RunId, long Number, string Name, string OwnerName, RunKind Kind, RunState State, string? CheckpointSha256, IReadOnlyList<long> Steps, int AllSteps, IReadOnlyList<MatrixRow> Rows)
{
    /// <summary>Place of the newest shown step at or before <paramref name="step"/>; of the last one when nothing is asked or all are later.</summary>
    public int PlaceOf(long? step)
    {
        if (step is { } asked)
        {
            for (var at = Steps.Count - 1; at >= 0; at--)
            {
                if (Steps[at] <= asked)
                    return at;
            }
        }

        return Steps.Count - 1;
    }

    /// <summary>At most <paramref name="most"/> of the steps, evenly spread, the first and the last among them.</summary>
    public static IReadOnlyList<long> Spread(IReadOnlyList<long> steps, int most) =>
        steps.Count <= most ? steps : [.. Enumerable.Range(0, most).Select(k => steps[(int)Math.Round(k * (steps.Count - 1.0) / (most - 1))])];
}
