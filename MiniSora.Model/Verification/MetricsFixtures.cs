using System.Globalization;
using System.Text.Json;
using MiniSora.Model.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Family <c>metrics</c>: distances of features, scores, similarity of clips, preparation of clips for I3D.</summary>
internal static class MetricsFixtures
{
    private const string Family = "metrics";

    /// <summary>One runner for each kind of entry.</summary>
    public static IReadOnlyList<FixtureRunner> All { get; } =
    [
        new("metrics Fréchet distance", fixture => Is(fixture) && fixture.Names("out.").Any(name => name.Contains(".frechet", StringComparison.Ordinal)), Frechet),
        new("metrics kernel distance", fixture => Is(fixture) && fixture.Has("in.gen") && fixture.Has("in.real"), Kernel),
        new("metrics inception score", fixture => Is(fixture) && fixture.Has("in.probs"), Inception),
        new("metrics similarity of clips", fixture => Is(fixture) && fixture.Has("in.a") && fixture.Has("in.b") && fixture.Names("out.").Any(name => name.StartsWith("out.psnr", StringComparison.Ordinal) || name.StartsWith("out.ssim", StringComparison.Ordinal)), Similarity),
        new("metrics preparation for I3D", fixture => Is(fixture) && Number(fixture, "resolution") is not null && fixture.Has("in.0"), Preparation),
    ];

    private static bool Is(Fixture fixture) => fixture.Entry.Family == Family;

    private static int? Number(Fixture fixture, string name) =>
        fixture.Config.ValueKind == JsonValueKind.Object && fixture.Config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    private static void Frechet(Fixture fixture, Comparison comparison)
    {
        const string Generated = ".a";
        foreach (var name in fixture.Names("in.").Where(name => name.EndsWith(Generated, StringComparison.Ordinal)))
        {
            using var scope = NewDisposeScope();
            var which = name["in.".Length..^Generated.Length];
            var (a, b) = (fixture[name], fixture[$"in.{which}.b"]);
            foreach (var (suffix, norm) in new[] { ("frechet", CovarianceNorm.Sample), ("frechet_population", CovarianceNorm.Population) })
            {
                // Both originals, by a matrix's square root and by eigenvalues, mean one number.
                foreach (var result in new[] { $"out.{which}.{suffix}", $"out.{which}.{suffix}_eig" }.Where(fixture.Has))
                    comparison.Expect(result, FrechetDistance.Between(a, b, norm));
            }
        }
    }

    private static void Kernel(Fixture fixture, Comparison comparison)
    {
        // KID is the squared discrepancy times 1000.
        const double Unit = 1000;
        var (generated, real) = (fixture["in.gen"], fixture["in.real"]);
        if (fixture.Has("rec.idx_gen"))
        {
            var (i, j) = (fixture["rec.idx_gen"], fixture["rec.idx_real"]);
            foreach (var (name, precision) in new[] { ("out.kid", ScalarType.Float64), ("out.kid_f32", ScalarType.Float32) })
                if (fixture.Has(name))
                    comparison.Expect(name, Unit * KernelDistance.OverSubsets(generated, real, i, j, precision));
        }

        var n = Math.Min(generated.shape[0], real.shape[0]);
        if (fixture.Has("out.kid_full"))
            comparison.Expect("out.kid_full", Unit * KernelDistance.Between(generated.narrow(0, 0, n), real.narrow(0, 0, n)));
    }

    private static void Inception(Fixture fixture, Comparison comparison)
    {
        var (mean, deviation) = InceptionScore.Of(fixture["in.probs"], Number(fixture, "num_splits") ?? 10);
        comparison.Expect("out.mean", mean);
        comparison.Expect("out.std", deviation);
    }

    private static void Similarity(Fixture fixture, Comparison comparison)
    {
        var (a, b) = (fixture["in.a"], fixture["in.b"]);
        void Frames(string name, Func<double[][]> compute)
        {
            if (!fixture.Has(name) && !fixture.Has(name + "_value") && !fixture.Has(name + "_std")) return;
            var frames = compute();
            var (mean, deviation) = ClipSimilarity.OverClips(frames);
            foreach (var (full, values) in new (string, IReadOnlyList<double>)[] { (name, [.. frames.SelectMany(clip => clip)]), (name + "_value", mean), (name + "_std", deviation) })
                if (fixture.Has(full))
                    comparison.Expect(full, values);
        }

        Frames("out.psnr", () => ClipSimilarity.CappedPeakSignalToNoisePerFrame(a, b));
        Frames("out.psnr_skimage", () => [.. ClipSimilarity.PeakSignalToNoisePerFrame(a, b).Select(clip => clip.Select(value => double.IsPositiveInfinity(value) ? 100 : value).ToArray())]);
        Frames("out.ssim", () => ClipSimilarity.StructuralSimilarityPerFrame(a, b, SimilarityWindow.Gaussian11));
        Frames("out.ssim_skimage_gauss", () => ClipSimilarity.StructuralSimilarityPerFrame(a, b, SimilarityWindow.Gaussian11));
        Frames("out.ssim_skimage_default", () => ClipSimilarity.StructuralSimilarityPerFrame(a, b, SimilarityWindow.Uniform7));
    }

    private static void Preparation(Fixture fixture, Comparison comparison)
    {
        for (var i = 0; fixture.Has(FormattableString.Invariant($"in.{i}")); i++)
        {
            using var scope = NewDisposeScope();
            var name = i.ToString(CultureInfo.InvariantCulture);
            comparison.Expect($"out.{name}", FvdPreprocessing.Prepare(fixture[$"in.{name}"], Number(fixture, "resolution")!.Value, Number(fixture, "sequence_length")));
        }
    }
}
