namespace MiniSora.Jobs.Specs;

/// <summary>Counts of the MiniSora network of a training spec (models.md §6.1, with adaLN per latent frame, since time is per frame).</summary>
internal sealed record NetworkCost
{
    public NetworkCost(TrainingSpec spec)
    {
        var (model, codec) = (spec.Model, spec.Codec);
        double width = model.Width, depth = model.Depth;
        var perSide = spec.Data.Size / TrainingRules.Downsample / Math.Max(1, model.Patch);
        LatentFrames = Math.Max(1, spec.Data.Frames / 2);
        Tokens = LatentFrames * perSide * perSide + model.TextLength;
        double patchVector = codec.Channels * model.Patch * model.Patch;
        var linear = (4 + 2 * model.MlpRatio) * width * width;
        var modulation = 6 * width * width;
        MacsPerClip = Tokens * linear * depth
            + 2.0 * Tokens * Tokens * width * depth
            + LatentFrames * modulation * depth
            + 2.0 * Tokens * patchVector * width
            + model.TextLength * linear * model.TextDepth;
        Parameters = (long)Weights(spec, patchVector);
    }

    /// <summary>Matrices and biases, layer by layer; the size of the vocabulary is known only when the captions are read.</summary>
    private static double Weights(TrainingSpec spec, double patchVector)
    {
        var model = spec.Model;
        double width = model.Width, hidden = width * model.MlpRatio;
        static double Dense(double inputs, double outputs) => (inputs + 1) * outputs;
        var block = Dense(width, 3 * width) + Dense(width, width) + Dense(width, hidden) + Dense(hidden, width) + 2 * width / Math.Max(1, model.Heads);
        var text = (Vocabulary + model.TextLength) * width + model.TextDepth * (block + 4 * width) + Dense(width, width);
        var time = Dense(TimeFeatures, width) + Dense(width, width);
        return Dense(patchVector, width) + time + text + Dense(width, width) + Dense(width, (6 * model.Depth + 2) * width) + model.Depth * block + Dense(width, patchVector);
    }

    private const int TimeFeatures = 256;

    /// <summary>Words of the moving shapes' captions in both languages; other sets have more, which only their embedding feels.</summary>
    private const int Vocabulary = 360;

    /// <summary>Latent frames F.</summary>
    public int LatentFrames { get; }

    /// <summary>Tokens per clip, video and text.</summary>
    public int Tokens { get; }

    /// <summary>Forward multiply-accumulates per clip.</summary>
    public double MacsPerClip { get; }

    /// <summary>Weights.</summary>
    public long Parameters { get; }

    /// <summary>Bytes that a batch keeps for the backward pass: what each block saves per token, and the attention weights.</summary>
    public double ActivationBytes(TrainingSpec spec, int batch, int bytesPerValue)
    {
        var perToken = (10 + 4 * spec.Model.MlpRatio) * spec.Model.Width;
        var attention = 2.0 * spec.Model.Heads * Tokens;
        return (double)batch * Tokens * spec.Model.Depth * (perToken + attention) * bytesPerValue;
    }
}
