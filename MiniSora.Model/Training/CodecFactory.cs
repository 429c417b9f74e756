using MiniSora.Model.Autoencoders;
using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Cascade;
using MiniSora.Model.Weights;

namespace MiniSora.Model.Training;

/// <summary>Prepares a new run's codec.</summary>
internal static class CodecFactory
{
    /// <summary>Fits or trains the codec that the setup asks for, on its device.</summary>
    public static IVideoCodec Fit(TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken)
    {
        if (setup.Codec.Kind == CodecKind.CausalVae)
            return CausalVae.Train(setup.Dataset, setup.Codec, setup.Seed, setup.Placement, new PhaseProgress(progress), cancellationToken);
        if (setup.Codec.Kind is CodecKind.Kl or CodecKind.StageA)
            return Open(setup);
        using var fitted = LinearCodec.Fit(setup.Dataset, setup.Codec.Channels, setup.Codec.Whitening, setup.Seed, cancellationToken);
        return fitted.To(setup.Placement);
    }

    private static IVideoCodec Open(TrainerSetup setup)
    {
        var folder = setup.Weights.Require(setup.Codec.Weights);
        IVideoCodec codec = setup.Codec.Kind == CodecKind.Kl ? KlCodec.Open(folder, setup.Placement) : StageACodec.Open(folder, setup.Placement);
        if (setup.Dataset.Height % codec.Downsample == 0 && setup.Dataset.Width % codec.Downsample == 0)
            return codec;
        codec.Dispose();
        throw new PretrainedException($"the codec needs sides of multiples of {codec.Downsample}, the clips have {setup.Dataset.Height} × {setup.Dataset.Width}");
    }

    private sealed class PhaseProgress(IProgress<TrainerPhase>? progress) : IProgress<double>
    {
        public void Report(double value) => progress?.Report(new TrainerPhase("phase.fit_codec", value));
    }
}
