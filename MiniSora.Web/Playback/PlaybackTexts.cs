namespace MiniSora.Web.Playback;

/// <summary>Texts of the controls that several videos share.</summary>
internal sealed class PlaybackTexts;
