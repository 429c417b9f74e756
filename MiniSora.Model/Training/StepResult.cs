namespace MiniSora.Model.Training;

/// <summary>What one training step did.</summary>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="Loss">Mean squared velocity error over the generated frames; NaN when the step was rolled back.</param>
/// <param name="GradientNorm">Global norm before clipping.</param>
/// <param name="LearningRate">Learning rate that was applied.</param>
/// <param name="RolledBack">
/// The loss or a gradient was not finite: the weights are those of the last good snapshot again, and this step's
/// data is skipped for good.
/// </param>
public sealed record StepResult(long Step, double Loss, double GradientNorm, double LearningRate, bool RolledBack);
