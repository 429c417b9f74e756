using MiniSora.Model.Autoencoders;

namespace MiniSora.Model.Training;

/// <summary>Prepares a new run's codec.</summary>
internal static class CodecFactory
{
    /// <summary>Fits or trains the codec that the setup asks for, on its device.</summary>
    public static IVideoCodec Fit(TrainerSetup setup, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken)
    {
        if (setup.Codec.Kind == CodecKind.CausalVae)
            return CausalVae.Train(setup.Dataset, setup.Codec, setup.Seed, setup.Placement, new PhaseProgress(progress), cancellationToken);
        using var fitted = LinearCodec.Fit(setup.Dataset, setup.Codec.Channels, setup.Codec.Whitening, setup.Seed, cancellationToken);
        return fitted.To(setup.Placement);
    }

    private sealed class PhaseProgress(IProgress<TrainerPhase>? progress) : IProgress<double>
    {
        public void Report(double value) => progress?.Report(new TrainerPhase("phase.fit_codec", value));
    }
}
