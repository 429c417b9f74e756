namespace MiniSora.Model.Sampling;

/// <summary>
/// What a clip is made from besides its prompt: the tasks of the Sora report (models.md §3, rows 3 and 7–13). All rest on one thing, a time
/// per latent frame: frames that are given stay at time 0 and come out bit-identical. Closed: these are all there are.
/// </summary>
public abstract record SampleTask
{
    private protected SampleTask()
    {
    }

    /// <summary>From a prompt alone.</summary>
    public static SampleTask FromPrompt { get; } = new TextToVideo();
}

/// <summary>A clip from a prompt alone (row 3).</summary>
public sealed record TextToVideo : SampleTask;

/// <summary>A single image (row 8): a clip of one latent frame, of whose equal frames the first is returned.</summary>
public sealed record ImageGeneration : SampleTask;

/// <summary>A clip that begins with a picture (row 7).</summary>
/// <param name="Picture">uint8 [H, W, 3], RGB, in the size that is sampled.</param>
public sealed record ImageToVideo(byte[] Picture) : SampleTask;

/// <summary>A clip and what comes after it (row 9): its last frames are given, the rest of the window is made; each further window starts from the one before.</summary>
/// <param name="Source">Comes out unchanged, as the beginning.</param>
/// <param name="GivenFrames">Frames the model is shown, rounded up to whole latent frames; fewer where the clip or the window is shorter.</param>
/// <param name="Windows">How often to extend, at least 1.</param>
public sealed record ExtendForward(PixelClip Source, int GivenFrames, int Windows = 1) : SampleTask;

/// <summary>A clip and what came before it (row 10): seeds differ in the beginning and share the ending.</summary>
/// <param name="Source">Comes out unchanged, as the ending.</param>
/// <param name="GivenFrames">As in <see cref="ExtendForward"/>.</param>
/// <param name="Windows">How often to extend, at least 1.</param>
public sealed record ExtendBackward(PixelClip Source, int GivenFrames, int Windows = 1) : SampleTask;

/// <summary>A clip closed to a loop (row 11a): a bridge from its last frames to its first ones is made and put behind it.</summary>
/// <param name="Source">Comes out unchanged, with the bridge behind it.</param>
/// <param name="GivenFrames">Frames of either end that the model is shown; at least one latent frame remains to be made.</param>
public sealed record LoopBridge(PixelClip Source, int GivenFrames) : SampleTask;

/// <summary>
/// A loop from a prompt alone (row 11b): time is a circle. At every evaluation the latent frames are turned by a random number before the
/// network and turned back after it, so that no frame is the first.
/// </summary>
public sealed record LoopCircular : SampleTask;

/// <summary>
/// Two clips and a passage between them (row 13), under both prompts mixed frame by frame: the first fades out as the second fades in.
/// </summary>
/// <param name="First">Comes out unchanged, as the beginning.</param>
/// <param name="Second">Comes out unchanged, as the ending; of the first one's size.</param>
/// <param name="GivenFrames">Frames of either clip that the model is shown.</param>
/// <param name="SecondPrompt">What the second clip shows; empty: the request's prompt throughout.</param>
/// <param name="CrossFadeFrom">
/// Null: the passage is made from noise and put between the clips. Otherwise the clips overlap by the passage, which starts as their linear
/// cross-fade with noise of this time in (0, 1].
/// </param>
public sealed record Connect(PixelClip First, PixelClip Second, int GivenFrames, string SecondPrompt = "", double? CrossFadeFrom = null) : SampleTask;

/// <summary>Another clip in the shape of a given one (row 12; SDEdit, Meng et al. 2022).</summary>
/// <param name="Source">What is changed: its first frames where it is longer than the window.</param>
/// <param name="Strength">Time that the source is taken back to, in (0, 1]: 0 would change nothing, 1 is a new clip.</param>
/// <param name="Inversion">
/// Null: the source is mixed with noise. Otherwise it is taken back along the flow itself under this prompt, which says what the source shows; more of
/// the source survives (models.md §3, row 12, "RF inversion").
/// </param>
public sealed record Edit(PixelClip Source, double Strength, string? Inversion = null) : SampleTask;
