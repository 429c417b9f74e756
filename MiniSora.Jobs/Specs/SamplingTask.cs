namespace MiniSora.Jobs.Specs;

/// <summary>What a sampling run makes: the names of <see cref="MiniSora.Model.Sampling.SampleTask"/>'s kinds.</summary>
public enum SamplingTask
{
    /// <summary>From a prompt alone.</summary>
    TextToVideo,

    /// <summary>From a prompt and the first frame.</summary>
    ImageToVideo,

    /// <summary>A single picture.</summary>
    Image,

    /// <summary>What comes after a clip.</summary>
    ExtendForward,

    /// <summary>What came before a clip.</summary>
    ExtendBackward,

    /// <summary>A clip, closed to a loop by a bridge from its end to its beginning.</summary>
    LoopBridge,

    /// <summary>A loop from a prompt alone, made on a circle of time.</summary>
    LoopCircular,

    /// <summary>Two clips with a passage between them.</summary>
    Connect,

    /// <summary>A clip changed by a prompt (SDEdit).</summary>
    Edit,
}

/// <summary>What tasks need.</summary>
public static class SamplingTasks
{
    /// <summary>Starts from a clip.</summary>
    public static bool TakesVideo(this SamplingTask task) => task.ShowsFrames() || task == SamplingTask.Edit;

    /// <summary>Shows frames of a clip to the model and makes others.</summary>
    public static bool ShowsFrames(this SamplingTask task) =>
        task is SamplingTask.ExtendForward or SamplingTask.ExtendBackward or SamplingTask.LoopBridge or SamplingTask.Connect;

    /// <summary>Shows frames at both ends.</summary>
    public static bool ShowsBothEnds(this SamplingTask task) => task is SamplingTask.LoopBridge or SamplingTask.Connect;

    /// <summary>Shows nothing but what the prompt says.</summary>
    public static bool NeedsPrompt(this SamplingTask task) =>
        task is SamplingTask.TextToVideo or SamplingTask.Image or SamplingTask.LoopCircular or SamplingTask.Edit;

    /// <summary>Every network can do it.</summary>
    public static bool IsPlain(this SamplingTask task) => task is SamplingTask.TextToVideo or SamplingTask.Image;
}
