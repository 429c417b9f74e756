using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model;
using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Cli;

/// <summary>How often clips show what was asked for, by the analytic reader: seen and held-out combinations.</summary>
internal static class ShapeAccuracy
{
    public static Dictionary<string, AttributeAccuracy> Score(SamplingSpec spec, int count, bool chinese, string dataFolder, RunControl control, TimeProvider time)
    {
        var context = new RunContext(new RunFolder(Directory.GetCurrentDirectory()), new Dictionary<string, string>(), dataFolder, new TerminalReporter(), control, time);
        using var session = SamplingSession.Open(context, spec);
        context.Phase("phase.sample", 0);
        var scores = new Dictionary<string, AttributeAccuracy>();
        foreach (var (name, combos) in Parts())
        {
            var chosen = Choose(combos, count, (ulong)spec.Seed);
            var requests = chosen.Select((combo, index) => new SampleRequest(chinese ? ShapeCaptions.Chinese(combo) : ShapeCaptions.English(combo), spec.Seed + index)).ToList();
            var clips = session.Make(requests, spec.Sampler, null, control.Cancelled).Zip(chosen, (clip, combo) => (clip, combo));
            scores[name] = AttributeAccuracy.Score(clips, session.Frames, session.Height);
        }

        return scores;
    }

    private static (string Name, IReadOnlyList<ShapeCombo> Combos)[] Parts() =>
        [("seen", ShapeCombo.Seen), ("held_out_pairs", ShapeCombo.HeldOutPairs), ("held_out_triples", ShapeCombo.HeldOutTriples)];

    /// <summary>A fixed draw without repetition, as far as there are enough.</summary>
    private static List<ShapeCombo> Choose(IReadOnlyList<ShapeCombo> combos, int count, ulong seed)
    {
        var order = combos.ToArray();
        var random = SplitMix64.For(seed, 0xE7A1);
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = random.Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return [.. Enumerable.Range(0, count).Select(index => order[index % order.Length])];
    }
}
