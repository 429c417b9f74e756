namespace MiniSora.Web.Scores;

/// <summary>Marks the resource files of scores and goal cards.</summary>
internal sealed class ScoreTexts;
