using MiniSora.Model.Weights;

namespace MiniSora.Model.Autoencoders;

/// <summary>How a codec changes the sizes of clips; known before it is opened, for checks and estimates.</summary>
/// <param name="FramesPerLatent">Frames in a latent frame.</param>
/// <param name="Downsample">Pixels per cell along height and width.</param>
/// <param name="Channels">Latent channels.</param>
public sealed record CodecGeometry(int FramesPerLatent, int Downsample, int Channels)
{
    /// <summary>Of a run's codec; <paramref name="weights"/>: what is known of the imported one, else the published autoencoder is meant.</summary>
    public static CodecGeometry Of(CodecOptions options, WeightsDescription? weights = null) => options.Kind switch
    {
        CodecKind.Kl => new(1, weights is { Downsample: > 0 } ? weights.Downsample : 8, weights is { Channels: > 0 } ? weights.Channels : 4),
        CodecKind.StageA => new(1, weights is { Downsample: > 0 } ? weights.Downsample : 4, weights is { Channels: > 0 } ? weights.Channels : 4),
        _ => new(2, 4, options.Channels),
    };
}
