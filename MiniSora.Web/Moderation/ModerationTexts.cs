namespace MiniSora.Web.Moderation;

/// <summary>Marks the resource files of reports, strikes and the moderators' page.</summary>
internal sealed class ModerationTexts;
