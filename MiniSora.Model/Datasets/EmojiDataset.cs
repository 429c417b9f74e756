namespace MiniSora.Model.Datasets;

/// <summary>Animated Fluent emoji on white, captioned in English and Chinese. Serves the training part.</summary>
public sealed class EmojiDataset : IVideoDataset
{
    private EmojiDataset() { }

    /// <inheritdoc/>
    public string Id => "emoji";

    /// <inheritdoc/>
    public string Fingerprint => throw new NotImplementedException();

    /// <inheritdoc/>
    public int Frames => throw new NotImplementedException();

    /// <inheritdoc/>
    public int Height => throw new NotImplementedException();

    /// <inheritdoc/>
    public int Width => throw new NotImplementedException();

    /// <inheritdoc/>
    public long Count => throw new NotImplementedException();

    /// <summary>Opens the prepared clips; makes the cache for a new size first, which takes about half a minute.</summary>
    /// <exception cref="DatasetException">Missing or broken.</exception>
    public static EmojiDataset Open(string dataFolder, int frames, int size) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Clip Read(long index, SplitMix64 random) => throw new NotImplementedException();
}
