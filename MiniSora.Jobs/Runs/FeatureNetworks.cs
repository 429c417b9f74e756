using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Native;

namespace MiniSora.Jobs.Runs;

/// <summary>The feature networks of an evaluation; a network that is not there leaves its numbers out.</summary>
internal sealed record FeatureNetworks(IClipFeatures? Clips, IClipFeatures? Frames) : IDisposable
{
    /// <summary>Where the operator puts networks.</summary>
    public static string Folder(string dataFolder) => Path.Combine(dataFolder, "features");

    /// <summary>
    /// Opens what a spec wants. TorchScript is only taken from the operator's folder: loading such a file is running it, so that no spec
    /// may name one.
    /// </summary>
    public static FeatureNetworks Open(FeatureSource source, RunContext context)
    {
        var folder = Folder(context.DataFolder);
        switch (source)
        {
            case FeatureSource.Encoder:
                var path = new[] { folder, AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "recipes") }.Select(place => Path.Combine(place, EncoderFeatures.FileName)).FirstOrDefault(File.Exists);
                if (path is not null)
                    return new(Load(() => EncoderFeatures.Load(path)), null);
                context.Warning("log.no_encoder", ("file", EncoderFeatures.FileName));
                return new(null, null);
            case FeatureSource.TorchScript:
                var (clips, frames) = (Path.Combine(folder, TorchScriptClipFeatures.ClipsFile), Path.Combine(folder, TorchScriptClipFeatures.FramesFile));
                if (!File.Exists(clips) && !File.Exists(frames))
                    throw new RunFailureException("features_missing", $"There is no {TorchScriptClipFeatures.ClipsFile} in {folder}.", ("file", TorchScriptClipFeatures.ClipsFile));
                return new(
                    File.Exists(clips) ? Load(() => new TorchScriptClipFeatures(TorchScriptFeatures.Load(clips, FeatureProtocol.StyleGanV, Placement.Cpu), FeatureProtocol.StyleGanV.Name)) : null,
                    File.Exists(frames) ? Load(() => new TorchScriptClipFeatures(TorchScriptFeatures.Load(frames, FeatureProtocol.Inception, Placement.Cpu), FeatureProtocol.Inception.Name)) : null);
            default:
                return new(null, null);
        }
    }

    public void Dispose()
    {
        Clips?.Dispose();
        Frames?.Dispose();
    }

    private static IClipFeatures Load(Func<IClipFeatures> load)
    {
        try
        {
            return load();
        }
        catch (FeatureNetworkException error)
        {
            throw new RunFailureException("features_unfit", error.Message, ("detail", error.Message));
        }
    }
}
