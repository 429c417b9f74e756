namespace MiniSora.Model.Training;

/// <summary>A checkpoint is intact as a file but cannot be used here. <see cref="Code"/> is stable.</summary>
/// <param name="code"><c>checkpoint_format</c>, <c>checkpoint_version</c>, <c>checkpoint_mismatch</c> or <c>checkpoint_ema_missing</c>.</param>
/// <param name="message">What is wrong, for people.</param>
public sealed class CheckpointException(string code, string message) : Exception(message)
{
    /// <summary>Stable code.</summary>
    public string Code { get; } = code;
}
