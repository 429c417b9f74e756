namespace MiniSora.Model.Training;

/// <summary>
/// What the preparation of a run does now. <paramref name="Key"/>: <c>phase.fit_codec</c>, <c>phase.read_vocabulary</c>,
/// <c>phase.calibrate</c>, <c>phase.load_checkpoint</c>; <paramref name="Progress"/> 0…1 or null when unknown.
/// </summary>
public sealed record TrainerPhase(string Key, double? Progress);
