using MiniSora.Model.Datasets;

namespace MiniSora.Model.Training;

/// <summary>Clips of one shape among those of a run (models.md §2.3, "Bucketing"): every batch comes from one bucket.</summary>
/// <param name="Dataset">Its clips; not disposed by the trainer.</param>
/// <param name="Share">Batches from this bucket in a round of the schedule, at least 1.</param>
public sealed record Bucket(IVideoDataset Dataset, int Share = 1);
