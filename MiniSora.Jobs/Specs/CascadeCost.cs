using MiniSora.Model.Cascade;

namespace MiniSora.Jobs.Specs;

/// <summary>
/// Counts of a mini cascade, layer by layer as docs/models/stable-cascade.md describes them: 8c² and a depthwise kernel for a residual block of c channels, 4c² for an
/// attention. A step costs a third of its stage's forward pass for every frozen network before it, since these have no backward pass.
/// </summary>
internal sealed record CascadeCost
{
    private const double Vocabulary = 360;
    private const int TimeFeatures = 64;

    public CascadeCost(TrainingSpec spec)
    {
        var options = spec.Cascade;
        Frames = options.Medium == CascadeMedium.Images ? 1 : spec.Data.Frames;
        double side = spec.Data.Size;
        double half = side * side / 4, quarter = side * side / 16, eighth = side * side / 64;
        Places = (int)eighth;
        Tokens = Frames * Places;

        double codec = options.CodecWidth, latent = options.LatentChannels, semantic = options.SemanticChannels;
        var encoderA = new Count().Add(12 * codec / 2, half).Block(codec / 2, half).Add(8 * codec * codec, quarter).Block(codec, quarter).Add(codec * latent, quarter);
        var decoderA = new Count().Add(latent * codec, quarter);
        for (var i = 0; i < options.CodecBlocks; i++)
            decoderA.Block(codec, quarter);
        decoderA.Add(8 * codec * codec, quarter).Block(codec / 2, half).Add(12 * codec / 2, half);
        double wide = options.SemanticWidth;
        var encoder = new Count().Add(3 * wide, half).Block(wide / 4, half).Add(16 * wide / 4 * wide / 2, quarter).Block(wide / 2, quarter).Add(16 * wide / 2 * wide, eighth).Block(wide, eighth).Add(wide * semantic, eighth);

        var video = Frames > 1;
        double first = options.DecoderWidth, second = 2 * first;
        // Down: once on the first level, twice on the second; up: twice on the second, once on the first, which runs twice.
        var stageB = new Count().Add(latent * first, quarter).Add(4 * (semantic + first) * first, quarter).Add(4 * (3 + first) * first, 64).Add(first, 1)
            .Level(first, false, video, 1, quarter, first).Add(4 * first * second, eighth).Level(second, true, video, 4, eighth, first)
            .Add(4 * first * second, quarter).Level(first, false, video, 1, quarter, first, runs: 2).Add(4 * first * first, quarter).Add(first * first, quarter).Add(first * latent, quarter);
        double prior = options.PriorWidth, text = options.TextWidth;
        var stageC = new Count().Add(semantic * prior, eighth).Add((text + 4 * (text + 1)) * prior, spec.Model.TextLength)
            .Level(prior, true, video, 12, eighth, prior).Add(2 * prior * prior, eighth).Add(4 * prior * prior, 2 * eighth).Add(prior * semantic, eighth);
        var words = new Count().Add(12 * text * text, spec.Model.TextLength).Add(text * text, 1);
        Parameters = encoderA.Parameters + decoderA.Parameters + options.CodebookSize * latent + encoder.Parameters + stageB.Parameters + stageC.Parameters + words.Parameters + (Vocabulary + spec.Model.TextLength) * text;

        var a = encoderA.Macs + decoderA.Macs;
        var b = Frames * (encoderA.Macs / 3 + encoder.Macs + stageB.Macs);
        var c = Frames * (encoder.Macs / 3 + stageC.Macs) + words.Macs;
        MacsPerClip = options.CodecShare * a + options.DecoderShare * b + Math.Max(0, 1 - options.CodecShare - options.DecoderShare) * c;
        MacsPerEvaluation = Frames * (stageC.Macs + stageB.Macs / 2);
        ActivationValues = Math.Max(encoderA.Values + decoderA.Values, Frames * Math.Max(encoder.Values + stageB.Values, stageC.Values));
    }

    /// <summary>Frames of a clip.</summary>
    public int Frames { get; }

    /// <summary>Places of stage C's grid over all frames.</summary>
    public int Tokens { get; }

    /// <summary>Places of stage C's grid.</summary>
    public int Places { get; }

    /// <summary>Weights.</summary>
    public double Parameters { get; }

    /// <summary>Forward multiply-accumulates per clip and step, the mean over the run's steps.</summary>
    public double MacsPerClip { get; }

    /// <summary>Of one step of stage C with the half step of stage B that goes with it.</summary>
    public double MacsPerEvaluation { get; }

    /// <summary>Values kept for the backward pass of the stage that needs most, per clip.</summary>
    public double ActivationValues { get; }

    private sealed class Count
    {
        public double Parameters { get; private set; }
        public double Macs { get; private set; }
        public double Values { get; private set; }

        /// <summary>A map of so many weights at so many places.</summary>
        public Count Add(double weights, double places)
        {
            Parameters += weights;
            Macs += weights * places;
            return this;
        }

        /// <summary>A residual block: depthwise 3×3, to four times the channels and back.</summary>
        public Count Block(double channels, double places)
        {
            Values += 16 * channels * places;
            return Add(9 * channels + 8 * channels * channels + 11 * channels, places);
        }

        /// <summary>Repetitions of a level's letters, C T A, and the attention over frames.</summary>
        public Count Level(double channels, bool attention, bool video, int repetitions, double places, double condition, int runs = 1)
        {
            for (var i = 0; i < repetitions; i++)
            {
                for (var run = 0; run < runs; run++)
                {
                    var before = Parameters;
                    Block(channels, places);
                    Parameters += 2 * TimeFeatures * channels;
                    if (attention)
                        Add(4 * channels * channels + condition * channels, places).Values += 8 * channels * places + 2 * 4 * places * places;
                    if (video)
                        Add(4 * channels * channels, places).Values += 8 * channels * places;
                    // The same weights run again.
                    if (run > 0)
                        Parameters = before;
                }
            }

            return this;
        }
    }
}
