namespace MiniSora.Model.Evaluation.Scores;

/// <summary>What pixels alone tell about clips, each number beside that of real clips.</summary>
public static class PixelScores
{
    /// <summary>All of them.</summary>
    /// <param name="clips">uint8 [T, H, W, 3] each.</param>
    /// <param name="real">Real clips of the same size.</param>
    /// <param name="training">Thumbnails of training clips.</param>
    /// <param name="T">Frames, at least 3.</param>
    /// <param name="H">Height.</param>
    /// <param name="W">Width.</param>
    /// <param name="on">Conditions.</param>
    public static IReadOnlyList<ScoreRecord> Of(IReadOnlyList<byte[]> clips, IReadOnlyList<byte[]> real, IReadOnlyList<float[]> training, int T, int H, int W, ScoreConditions on)
    {
        var records = new List<ScoreRecord>();
        void Add(ScoreMetric metric, Func<byte[], double?> of)
        {
            List<double> Values(IReadOnlyList<byte[]> set) => [.. set.Select(of).OfType<double>().Where(double.IsFinite)];
            var (own, others) = (Values(clips), Values(real));
            if (own.Count > 0)
                records.Add(ScoreRecord.Of(metric, own.Average(), own.Count > 1 ? Bootstrap.OfMean(own) : null, others.Count > 0 ? others.Average() : null, on));
        }

        Add(ScoreMetrics.Flicker, clip => ClipMotion.Flicker(clip, T));
        Add(ScoreMetrics.Jerk, clip => ClipMotion.Jerk(clip, T));
        Add(ScoreMetrics.MotionMagnitude, clip => BlockMotion.MedianSpeed(clip, T, H, W));
        Add(ScoreMetrics.MotionSmoothness, clip => BlockMotion.Roughness(clip, T, H, W));
        Add(ScoreMetrics.LoopClosure, clip => ClipMotion.LoopClosure(clip, T));
        Add(ScoreMetrics.Framing, clip => ClipFraming.Cut(clip, T, H, W));
        List<float[]> Small(IReadOnlyList<byte[]> set) => [.. set.Select(clip => ClipThumbnail.Of(clip, T, H, W))];
        var (own, others) = (Small(clips), Small(real));
        records.Add(ScoreRecord.Of(ScoreMetrics.Diversity, ClipThumbnail.MeanDistance(own), null, ClipThumbnail.MeanDistance(others), on));
        if (training.Count > 0)
        {
            double[] Distances(List<float[]> set) => [.. set.Select(clip => ClipThumbnail.Nearest(clip, training).Distance)];
            var distances = Distances(own);
            records.Add(ScoreRecord.Of(ScoreMetrics.NearestTraining, distances.Average(), Bootstrap.OfMean(distances), others.Count > 0 ? Distances(others).Average() : null, on));
        }

        return records;
    }
}
