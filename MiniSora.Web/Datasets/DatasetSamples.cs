using System.Collections.Concurrent;
using MiniSora.Model;
using MiniSora.Model.Datasets;
using MiniSora.Web.Localization;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Datasets;

/// <summary>A few clips of a dataset, to look at.</summary>
/// <param name="Version">Part of the address of the pixels; changes when the clips do.</param>
/// <param name="Captions">One per clip.</param>
/// <param name="Pixels">uint8 [clips, <see cref="DatasetSamples.Frames"/>, <see cref="DatasetSamples.Size"/>, <see cref="DatasetSamples.Size"/>, 3].</param>
internal sealed record SampleClips(string Version, IReadOnlyList<Caption> Captions, byte[] Pixels)
{
    /// <summary>Classes of these clips, each once; empty in a set without.</summary>
    public IReadOnlyList<Caption> Classes { get; init; } = [];
}

/// <summary>
/// Reads clips out of the datasets themselves, the same way as a training run does, so that what the page shows is what
/// a model sees. The browser draws the pixels; no video files are made and no picture of others is shipped.
/// </summary>
internal sealed class DatasetSamples(DataFolder folder)
{
    public const int Clips = 6;
    public const int Frames = 16;
    public const int Size = 32;

    readonly ConcurrentDictionary<string, SampleClips> ready = new();

    /// <summary>A caption in the viewer's language, else in the one it has.</summary>
    public static string Words(Caption caption) => (Cultures.IsChinese ? caption.Chinese ?? caption.English : caption.English ?? caption.Chinese) ?? "";

    /// <summary>Spread over the whole set; null when the dataset has none at this size.</summary>
    public SampleClips? Of(string id)
    {
        IVideoDataset dataset;
        try
        {
            dataset = DatasetCatalog.Open(id, folder.Root, Frames, Size, seed: 1);
        }
        catch (DatasetException)
        {
            // The card says what is wrong with the dataset; here it only means that there is nothing to look at.
            return null;
        }

        using var owned = dataset as IDisposable;
        if (ready.TryGetValue(id, out var known) && known.Version == dataset.Fingerprint)
            return known;

        var (captions, classes) = (new List<Caption>(Clips), new List<Caption>(Clips));
        var pixels = new byte[Clips * Frames * Size * Size * 3];
        for (var k = 0; k < Clips; k++)
        {
            // Steps of the golden ratio: neighbours are often alike, and even steps hit the period of a grid.
            var index = (long)(dataset.Count * ((0.31 + k * 0.6180339887) % 1));
            var clip = dataset.Read(index, SplitMix64.For(1, 0, (ulong)k));
            captions.Add(clip.Caption);
            if (dataset.Classes.Count > 0)
                classes.Add(dataset.Classes[dataset.ClassOf(index)]);
            clip.Frames.CopyTo(pixels, k * (pixels.Length / Clips));
        }

        return ready[id] = new SampleClips(dataset.Fingerprint, captions, pixels) { Classes = [.. classes.Distinct()] };
    }
}
