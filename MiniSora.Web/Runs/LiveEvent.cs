using System.Text.Json.Nodes;

namespace MiniSora.Web.Runs;

/// <summary>
/// Something that happened to a run, as pages hear it. <paramref name="Seq"/> counts 1, 2, 3 … over all attempts of
/// the run without gaps, and an event is told only after it was stored.
/// </summary>
/// <param name="Type">
/// <c>state</c> { state, stopRequested, failureCode, failureMessage, failureArguments },
/// <c>started</c> { attempt, device, precision, threads, arithmetic, totalSteps, resumedFromStep },
/// <c>phase</c> { key, progress },
/// <c>step</c> { step, totalSteps, stepsPerSecond, secondsLeft, points: { loss: [[step, value], …] } } (value null: not a number),
/// <c>log</c> { level, text },
/// <c>artifact</c> { id, kind, sha256, bytes, fileName, url, step, index, prompt, seed, steps } (steps: of an estimate, else null),
/// <c>finished</c> { reason, step, deviceSeconds, peakMemoryBytes, flops },
/// <c>failed</c> { code, message, arguments }.
/// </param>
/// <param name="Data">The members named above.</param>
public sealed record LiveEvent(long Seq, DateTimeOffset At, string Type, JsonObject Data);

/// <summary>What a late viewer missed.</summary>
/// <param name="Reset">Too much was missed: fetch history again, then listen from <paramref name="LastSeq"/>.</param>
/// <param name="LastSeq">Number of the newest event.</param>
/// <param name="Events">Events after the number asked for, in order; empty with <paramref name="Reset"/>.</param>
public sealed record Replay(bool Reset, long LastSeq, IReadOnlyList<LiveEvent> Events);
