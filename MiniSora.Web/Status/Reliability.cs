namespace MiniSora.Web.Status;

/// <summary>How reliable the portal has been, counted from what is stored; nothing here is typed in by anybody.</summary>
/// <param name="At">When it was counted.</param>
/// <param name="Days">Length of the window.</param>
/// <param name="Runs">Runs submitted in the window.</param>
/// <param name="Ended">Of them, those that are over.</param>
/// <param name="RunsLost">Runs that should run and that nobody works on and nobody will: must be 0.</param>
/// <param name="PastDeadline">Running runs that were not heard of in time and are not taken back yet.</param>
/// <param name="LostAttempts">Attempts in the window whose process or machine went away.</param>
/// <param name="Recovered">Of them, those whose run was taken up again.</param>
/// <param name="MeanRecoverySeconds">From the last sign of life to the next attempt; null when nothing had to recover.</param>
/// <param name="WorstRecoverySeconds">The longest of them.</param>
/// <param name="MetricGaps">Steps of finished training runs that have no stored loss: must be 0.</param>
/// <param name="StepsChecked">Steps that were looked at for gaps.</param>
public sealed record Reliability(
    DateTimeOffset At, int Days, int Runs, int Ended, int RunsLost, int PastDeadline, int LostAttempts, int Recovered,
    double? MeanRecoverySeconds, double? WorstRecoverySeconds, long MetricGaps, long StepsChecked);
