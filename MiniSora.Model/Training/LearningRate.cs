namespace MiniSora.Model.Training;

/// <summary>Linear warm-up, then half a cosine from the peak to the final rate.</summary>
internal static class LearningRate
{
    /// <summary>Rate of step 1, 2, … <see cref="TrainingOptions.Steps"/>; later steps keep the final rate.</summary>
    public static double At(TrainingOptions options, long step)
    {
        if (step <= options.WarmupSteps)
            return options.LearningRate * step / options.WarmupSteps;
        var progress = Math.Min(1, (double)(step - options.WarmupSteps) / Math.Max(1, options.Steps - options.WarmupSteps));
        return options.FinalLearningRate + (options.LearningRate - options.FinalLearningRate) * 0.5 * (1 + Math.Cos(Math.PI * progress));
    }
}
