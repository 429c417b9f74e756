using System.Globalization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Evaluation.Scores;
using TorchSharp;

namespace MiniSora.Jobs.Runs;

/// <summary>Turns the clips of an evaluation into records.</summary>
internal sealed class EvaluationScores(EvaluationSpec spec, SamplingSession session, EvaluationMaterial material, FeatureNetworks features, string machine)
{
    private const int CodecClips = 16, FramesOfAClip = 4;

    private readonly (int T, int H, int W) size = (session.Frames, session.Height, session.Width);

    public ScoreReport Of(List<byte[]> clips, VideoCost cost, CancellationToken cancellationToken)
    {
        var on = Conditions();
        var records = new List<ScoreRecord>();
        if (material.ReadsAttributes != NamedAttributes.None)
            records.AddRange(Attributes(clips, on));
        var seen = clips.Take(material.Seen).ToList();
        var compared = on with { Reference = material.Reference, Clips = seen.Count, References = material.Real.Count };
        cancellationToken.ThrowIfCancellationRequested();
        records.AddRange(Distances(seen, compared, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        var losses = Losses(records, on);
        records.AddRange(Codec(compared with { Clips = Math.Min(CodecClips, material.Real.Count) }));
        var small = material.Training.Select(clip => ClipThumbnail.Of(clip, size.T, size.H, size.W)).ToList();
        records.AddRange(PixelScores.Of(seen, material.Real, small, size.T, size.H, size.W, compared));
        records.Add(ScoreRecord.Of(ScoreMetrics.SecondsPerSecond, cost.Seconds, null, null, on));
        if (cost.Joules is { } joules)
            records.Add(ScoreRecord.Of(ScoreMetrics.JoulesPerSecond, joules, null, null, on));
        return new ScoreReport([.. records.Where(record => double.IsFinite(record.Value))], losses);
    }

    private ScoreConditions Conditions() => new()
    {
        Dataset = material.Dataset.Id,
        Language = SnakeCase.From(spec.Language),
        Clips = material.Prompts.Count,
        Frames = size.T,
        Size = size.H,
        Sampler = SnakeCase.From(spec.Sampler.Solver),
        Steps = spec.Sampler.Steps,
        Guidance = spec.Sampler.Guidance,
        Ema = spec.Sampler.Ema,
        Seed = spec.Seed,
        Device = machine,
        Checkpoint = session.CheckpointHash,
        Software = SoftwareVersion.Current,
    };

    private IEnumerable<ScoreRecord> Attributes(List<byte[]> clips, ScoreConditions on)
    {
        var read = clips.Zip(material.Prompts, (clip, prompt) => new ReadClip(prompt.Combo!.Value, AttributeReader.Read(clip, size.T, size.H))).ToList();
        var records = AttributeScores.Of(read, on);
        // A class says nothing of size and motion.
        return material.ReadsAttributes == NamedAttributes.All
            ? records
            : records.Where(record => record.Metric == ScoreMetrics.Shape.Id || record.Metric == ScoreMetrics.Colour.Id || record.Metric == ScoreMetrics.Valid.Id);
    }

    private IEnumerable<ScoreRecord> Distances(List<byte[]> seen, ScoreConditions compared, CancellationToken cancellationToken)
    {
        var records = new List<ScoreRecord>();
        using var scope = torch.NewDisposeScope();
        if (features.Clips is { } network)
        {
            var generated = network.OfClips(seen, size.T, size.H, size.W);
            cancellationToken.ThrowIfCancellationRequested();
            var real = network.OfClips(material.Real, size.T, size.H, size.W);
            cancellationToken.ThrowIfCancellationRequested();
            var training = network.OfClips(material.Training, size.T, size.H, size.W);
            records.AddRange(FeatureScores.Of(generated, real, training, frames: false, compared with { Features = network.Sha256, Protocol = network.Protocol }));
        }

        if (features.Frames is { } ofFrames)
        {
            var (generated, real) = (Pictures(seen), Pictures(material.Real));
            var on = compared with { Features = ofFrames.Sha256, Protocol = ofFrames.Protocol + "/frames", Clips = generated.Count, References = real.Count };
            records.AddRange(FeatureScores.Of(ofFrames.OfClips(generated, 1, size.H, size.W), ofFrames.OfClips(real, 1, size.H, size.W), null, frames: true, on));
        }

        return records;
    }

    /// <summary>A few frames of each clip, evenly spread.</summary>
    private List<byte[]> Pictures(IReadOnlyList<byte[]> clips)
    {
        var bytes = size.H * size.W * 3;
        return [.. clips.SelectMany(clip => Enumerable.Range(0, FramesOfAClip).Select(k => clip.AsSpan(k * (size.T - 1) / (FramesOfAClip - 1) * bytes, bytes).ToArray()))];
    }

    private IReadOnlyList<double> Losses(List<ScoreRecord> records, ScoreConditions on)
    {
        if (spec.ValidationClips == 0)
            return [];
        var losses = session.ValidationLosses(material.Dataset, spec.ValidationClips);
        if (losses.Count == 0)
            return [];
        // The set and how many of it: both change the number.
        var reference = $"{ValidationLoss.ClipsOf(material.Dataset).Fingerprint}/{spec.ValidationClips.ToString(CultureInfo.InvariantCulture)}";
        records.Add(ScoreRecord.Of(ScoreMetrics.ValidationLoss, losses.Average(), null, null, on with { Clips = spec.ValidationClips, Reference = reference }));
        return losses;
    }

    private List<ScoreRecord> Codec(ScoreConditions on)
    {
        var pairs = material.Real.Take(CodecClips).Select(clip => ClipSimilarity.Reconstruction(clip, session.ThroughCodec(clip), size.T, size.H, size.W)).ToList();
        ScoreRecord Record(ScoreMetric metric, double[] values) =>
            ScoreRecord.Of(metric, values.Average(), values.Length > 1 ? Bootstrap.OfMean(values) : null, null, on);
        return
        [
            Record(ScoreMetrics.CodecPsnr, [.. pairs.Select(pair => Math.Min(100, pair.PeakSignalToNoise))]),
            Record(ScoreMetrics.CodecSsim, [.. pairs.Select(pair => pair.StructuralSimilarity)]),
        ];
    }
}
