using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Runs;

/// <summary>
/// Loss at ten noise levels on fixed clips while training, of the average that previews use. Does not touch the training's random state. A cascade has none: its
/// stages have losses of their own.
/// </summary>
internal sealed class TrainingValidation(TrainingSpec spec, ITrainer any) : IDisposable
{
    /// <summary>Name of the mean; its parts are this and <c>_t05</c>, <c>_t15</c> … for the share of noise in percent.</summary>
    public const string Name = "validation_loss";

    private readonly Trainer? trainer = any as Trainer;
    private ValidationLoss? loss;
    private long last = -1;

    /// <summary>Points when their step has come, else none.</summary>
    public IReadOnlyList<MetricPoint> WhenDue() => spec.Validation.Clips > 0 && any.StepNumber % spec.Validation.EverySteps == 0 ? Now() : [];

    /// <summary>Points of this step, unless they were made already or are switched off.</summary>
    public IReadOnlyList<MetricPoint> Now()
    {
        var step = any.StepNumber;
        if (trainer is null || spec.Validation.Clips == 0 || last == step)
            return [];
        last = step;
        loss ??= trainer.OpenValidation(spec.Validation.Clips);
        var losses = trainer.Validate(loss, spec.Preview.Sampler.Ema);
        return [new(Name, step, losses.Average()), .. losses.Select((value, bin) => new MetricPoint(NameOf(bin), step, value))];
    }

    public void Dispose() => loss?.Dispose();

    private static string NameOf(int bin) => string.Create(CultureInfo.InvariantCulture, $"{Name}_t{(int)Math.Round(100 * ValidationLoss.Levels[bin]):D2}");
}
