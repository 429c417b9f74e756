namespace MiniSora.Model.Training;

/// <summary>Training keeps producing numbers that are not finite although it was rolled back each time.</summary>
public sealed class DivergedException(long step, int rollbacks)
    : Exception($"Training diverged at step {step}: {rollbacks} roll-backs in a row did not help. A lower learning rate usually does.")
{
    /// <summary>Step at which it was given up.</summary>
    public long Step { get; } = step;

    /// <summary>Roll-backs in a row.</summary>
    public int Rollbacks { get; } = rollbacks;
}
