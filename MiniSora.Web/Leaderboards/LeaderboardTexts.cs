namespace MiniSora.Web.Leaderboards;

/// <summary>Marks the resource files of leaderboards and arena.</summary>
internal sealed class LeaderboardTexts;
