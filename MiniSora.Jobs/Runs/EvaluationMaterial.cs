using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MiniSora.Jobs.Specs;
using MiniSora.Model;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;

namespace MiniSora.Jobs.Runs;

/// <summary>A prompt of an evaluation and, for moving shapes, what it asks for.</summary>
internal sealed record EvaluationPrompt(string Text, ShapeCombo? Combo);

/// <summary>Prompts and real clips of an evaluation.</summary>
/// <param name="Dataset">The checkpoint's dataset, at its size.</param>
/// <param name="Prompts">What is asked; the first of them of captions that training showed.</param>
/// <param name="Seen">How many those are: they alone are compared with real clips.</param>
/// <param name="Real">Reference clips, uint8 [T, H, W, 3].</param>
/// <param name="Reference">SHA-256 over what the reference clips are made of.</param>
/// <param name="Training">Clips that training showed.</param>
/// <param name="ReadsAttributes">Which attributes the prompts name: all four, colour and shape alone for networks of classes, or none.</param>
internal sealed record EvaluationMaterial(
    IVideoDataset Dataset, IReadOnlyList<EvaluationPrompt> Prompts, int Seen, IReadOnlyList<byte[]> Real, string Reference, IReadOnlyList<byte[]> Training, NamedAttributes ReadsAttributes) : IDisposable
{
    private const int MostTraining = 1024;

    public static EvaluationMaterial Open(EvaluationSpec spec, SamplingSession session, string dataFolder)
    {
        var source = session.RequireSource();
        var dataset = DatasetCatalog.Open(source.Data.Dataset, dataFolder, session.Frames, session.Height, (ulong)source.Seed);
        var named = (source.Model.Network, source.Model.Conditioning) switch
        {
            (NetworkKind.MiniSora or NetworkKind.Cascade, _) or (_, ConditioningKind.Text) => NamedAttributes.All,
            (_, ConditioningKind.Label) => NamedAttributes.ColourAndShape,
            _ => NamedAttributes.None,
        };
        var training = ReadAll(dataset, (int)Math.Min(MostTraining, Math.Max(dataset.Count, spec.References)), 1);
        return dataset is MovingShapes
            ? Shapes(spec, session, dataset, training, named)
            : Others(spec, dataset, training, named);
    }

    public void Dispose() => (Dataset as IDisposable)?.Dispose();

    private static EvaluationMaterial Shapes(EvaluationSpec spec, SamplingSession session, IVideoDataset dataset, List<byte[]> training, NamedAttributes named)
    {
        var seed = (ulong)spec.Seed;
        IEnumerable<ShapeCombo> Draw(IReadOnlyList<ShapeCombo> from, int count, ulong part) => Shuffled(from, seed, part).Take(count);
        var held = named == NamedAttributes.All ? spec.HeldOutClips : 0;
        List<ShapeCombo> combos = [.. Draw(ShapeCombo.Seen, spec.SeenClips, 0), .. Draw(ShapeCombo.HeldOutPairs, held, 1), .. Draw(ShapeCombo.HeldOutTriples, held, 2)];
        string Caption(ShapeCombo combo, int index)
        {
            var caption = named == NamedAttributes.All ? ShapeCaptions.Canonical(combo) : ShapeCaptions.ColourAndShape(combo);
            return IsChinese(spec.Language, index) ? caption.Chinese! : caption.English!;
        }

        var prompts = combos.Select((combo, index) => new EvaluationPrompt(named == NamedAttributes.None ? "" : Caption(combo, index), combo)).ToList();
        var (frames, size) = (session.Frames, session.Height);
        // The reference does not follow the evaluation's seed: every evaluation is held against the same clips.
        var real = Shuffled(ShapeCombo.Seen, MovingShapesReference.Seed, 3).Take(spec.References)
            .Select((combo, index) => ShapeRenderer.Render(combo, MovingShapesReference.Seed, 3, (ulong)index, frames, size)).ToList();
        var identity = string.Create(CultureInfo.InvariantCulture, $"moving-shapes/1 reference seed={MovingShapesReference.Seed} split=3 seen {frames}x{size}x{size}");
        return new(dataset, prompts, spec.SeenClips, real, Hash(identity), training, named);
    }

    private static EvaluationMaterial Others(EvaluationSpec spec, IVideoDataset dataset, List<byte[]> training, NamedAttributes named)
    {
        var prompts = new List<EvaluationPrompt>();
        var random = SplitMix64.For((ulong)spec.Seed, 0xE7A1);
        for (var index = 0; index < spec.SeenClips; index++)
        {
            var at = random.Below((int)Math.Min(dataset.Count, int.MaxValue));
            var caption = named == NamedAttributes.ColourAndShape && dataset.Classes.Count > 0 ? dataset.Classes[dataset.ClassOf(at)] : dataset.Read(at, SplitMix64.For(1, (ulong)at)).Caption;
            var text = (IsChinese(spec.Language, index) ? caption.Chinese ?? caption.English : caption.English ?? caption.Chinese) ?? "";
            prompts.Add(new(named == NamedAttributes.None ? "" : text, null));
        }

        return new(dataset, prompts, prompts.Count, ReadAll(dataset, spec.References, 0), Hash("dataset " + dataset.Fingerprint), training, NamedAttributes.None);
    }

    /// <summary>Clips evenly spread over the set; procedural sets give as many different ones as wanted.</summary>
    private static List<byte[]> ReadAll(IVideoDataset dataset, int count, ulong lane) =>
        [.. Enumerable.Range(0, count).Select(index => dataset.Read(count <= dataset.Count ? index * dataset.Count / count : index % dataset.Count, SplitMix64.For(lane, 0xE7A2, (ulong)index)).Frames)];

    /// <summary>A draw without repetition as far as there are enough, then again.</summary>
    private static IEnumerable<ShapeCombo> Shuffled(IReadOnlyList<ShapeCombo> combos, ulong seed, ulong part)
    {
        for (ulong round = 0; ; round++)
        {
            var order = combos.ToArray();
            var random = SplitMix64.For(seed, 0xE7A1, part, round);
            for (var i = order.Length - 1; i > 0; i--)
            {
                var j = random.Below(i + 1);
                (order[i], order[j]) = (order[j], order[i]);
            }

            foreach (var combo in order)
                yield return combo;
        }
    }

    private static bool IsChinese(PromptLanguage language, int index) => language == PromptLanguage.Zh || (language == PromptLanguage.Both && index % 2 == 1);

    private static string Hash(string identity) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
}

/// <summary>Which attributes a prompt names.</summary>
internal enum NamedAttributes
{
    /// <summary>None: the network is told nothing, or the dataset has none that can be read.</summary>
    None,

    /// <summary>Colour and shape: networks that are told classes.</summary>
    ColourAndShape,

    /// <summary>Shape, colour, size, motion.</summary>
    All,
}
