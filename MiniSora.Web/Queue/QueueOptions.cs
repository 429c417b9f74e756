using System.ComponentModel.DataAnnotations;

namespace MiniSora.Web.Queue;

/// <summary>Section <c>Queue</c> of the settings.</summary>
public sealed class QueueOptions
{
    /// <summary>After so long half of a used device second is forgotten. Default one day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")] public TimeSpan UseHalfLife { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Remembered device seconds up to which a member of weight 1 is within the quota; beyond it, runs go after those of members within theirs.
    /// Nothing is refused: a free device is never kept waiting. Default 28,800 (eight hours).
    /// </summary>
    [Range(1, double.MaxValue)] public double QuotaSeconds { get; set; } = 28_800;
}
