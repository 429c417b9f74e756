using System.Globalization;
using System.Numerics;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;

namespace MiniSora.Jobs.Specs;

/// <summary>Rules of a run's further shapes of clips.</summary>
internal static class BucketRules
{
    private const string Path = "data.buckets";

    /// <param name="spec">The run.</param>
    /// <param name="framesPerLatent">Frames of a latent frame.</param>
    /// <param name="cell">Pixels of a latent cell.</param>
    /// <param name="problems">Where problems go.</param>
    public static void Check(TrainingSpec spec, int framesPerLatent, int cell, List<SpecProblem> problems)
    {
        if (spec.Data.Buckets.Count == 0)
            return;
        if (spec.Model.Network != NetworkKind.MiniSora)
            problems.Add(SpecProblem.At("spec.buckets_unfit", Path, null, ("network", SnakeCase.From(spec.Model.Network))));
        var (drawn, multiple) = (DatasetCatalog.IsDrawn(spec.Data.Dataset), cell * Math.Max(1, spec.Model.Patch));
        foreach (var text in spec.Data.Buckets)
        {
            if (BucketText.Parse(text) is not { } bucket)
            {
                problems.Add(SpecProblem.At("spec.bucket_format", Path, null, ("value", text)));
                continue;
            }

            var (frames, height, width) = (bucket.Size.Frames, bucket.Size.Height, bucket.Size.Width);
            if (frames < 2 || frames > 256 || frames % framesPerLatent != 0 || Math.Min(height, width) < 16 || Math.Max(height, width) > 512 || height % multiple != 0 || width % multiple != 0)
                problems.Add(SpecProblem.At("spec.bucket_size", Path, null, ("value", text), ("frames", Show(framesPerLatent)), ("multiple", Show(multiple))));
            else if (drawn && !BitOperations.IsPow2(Math.Min(height, width)))
                problems.Add(SpecProblem.At("spec.bucket_drawn", Path, null, ("value", text)));
            else if (!drawn && height != width)
                problems.Add(SpecProblem.At("spec.bucket_square", Path, null, ("value", text), ("dataset", spec.Data.Dataset)));
        }
    }

    private static string Show(int number) => number.ToString(CultureInfo.InvariantCulture);
}
