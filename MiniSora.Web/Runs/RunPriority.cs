namespace MiniSora.Web.Runs;

/// <summary>The levels of <see cref="Run.Priority"/>. Higher goes first, whoever it belongs to, so members may only step back.</summary>
public static class RunPriority
{
    /// <summary>Whenever nobody else wants the device.</summary>
    public const int Low = -10;

    /// <summary>Training.</summary>
    public const int Normal = 0;

    /// <summary>Sampling: it takes seconds and somebody waits for it, so it goes before training that has not begun.</summary>
    public const int Interactive = 10;

    /// <summary>Before all others that people submit; for administrators.</summary>
    public const int Urgent = 20;

    /// <summary>A fork that the audience of a roundtable voted for: it makes room for prompts, and lower training runs make room for it. Nobody can choose it.</summary>
    public const int Fork = 25;

    /// <summary>A prompt on the stage of a roundtable: an audience waits, so a training run makes room for it. Nobody can choose it.</summary>
    public const int Stage = 30;

    /// <summary>Where a run of this kind starts.</summary>
    public static int Of(RunKind kind) => kind == RunKind.Sampling ? Interactive : Normal;

    /// <summary>What somebody may choose, lowest first.</summary>
    public static IReadOnlyList<int> Choices(RunKind kind, bool isAdministrator) =>
        isAdministrator ? [Low, Normal, Interactive, Urgent] : Of(kind) == Normal ? [Low, Normal] : [Low, Normal, Of(kind)];
}
