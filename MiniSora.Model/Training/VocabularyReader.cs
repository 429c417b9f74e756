using MiniSora.Model.Datasets;
using MiniSora.Model.Text;

namespace MiniSora.Model.Training;

/// <summary>Builds a run's vocabulary from its dataset's captions.</summary>
internal static class VocabularyReader
{
    private const int MostClips = 4000;
    private const int FewestReads = 1000;

    /// <summary>
    /// Reads each clip's caption (at most <see cref="MostClips"/> of them, small sets several times since augmentation varies
    /// the wording), English and Chinese.
    /// </summary>
    public static Vocabulary Read(IVideoDataset dataset, ulong seed, IProgress<TrainerPhase>? progress, CancellationToken cancellationToken)
    {
        var reads = Math.Clamp(dataset.Count, FewestReads, MostClips);
        return Vocabulary.Build(Captions());

        IEnumerable<string> Captions()
        {
            for (var i = 0L; i < reads; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (i % 200 == 0)
                    progress?.Report(new TrainerPhase("phase.read_vocabulary", (double)i / reads));
                var caption = dataset.Read(ShuffledOrder.IndexAt(seed, i, dataset.Count), SplitMix64.For(seed, SeedLanes.Vocabulary, (ulong)i)).Caption;
                if (caption.English is not null)
                    yield return caption.English;
                if (caption.Chinese is not null)
                    yield return caption.Chinese;
            }
        }
    }
}
