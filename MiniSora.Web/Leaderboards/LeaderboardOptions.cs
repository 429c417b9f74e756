using System.ComponentModel.DataAnnotations;

namespace MiniSora.Web.Leaderboards;

/// <summary>Settings <c>Leaderboards:…</c>.</summary>
public sealed class LeaderboardOptions
{
    /// <summary>Trainings of a verification.</summary>
    [Range(1, 10)]
    public int Repetitions { get; set; } = 3;

    /// <summary>Clips of seen combinations in a re-score.</summary>
    [Range(4, 4096)]
    public int SeenClips { get; set; } = 256;

    /// <summary>Clips of each kind of held-out combination.</summary>
    [Range(4, 4096)]
    public int HeldOutClips { get; set; } = 128;

    /// <summary>Real clips to compare with.</summary>
    [Range(4, 4096)]
    public int References { get; set; } = 256;

    /// <summary>Checks of all kinds that a member may ask for in a day.</summary>
    [Range(1, 1000)]
    public int ChecksADay { get; set; } = 5;

    /// <summary>Steps that a spot check takes again.</summary>
    [Range(1, 1000)]
    public int SpotCheckSteps { get; set; } = 20;

    /// <summary>Prompts of an arena round.</summary>
    [Range(4, 64)]
    public int ArenaClips { get; set; } = 12;
}
