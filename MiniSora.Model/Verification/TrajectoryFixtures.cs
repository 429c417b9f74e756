using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Whole sampling trajectories with a small network whose weights are in the file.</summary>
internal static class TrajectoryFixtures
{
    public static void Run(Fixture fixture, Comparison comparison)
    {
        var config = fixture.Config;
        var network = new RecordedNetwork(fixture, config.GetProperty("model"));
        using var _ = no_grad();
        var w = fixture.Views(network.Layout);
        var labels = fixture.Has("in.y") ? fixture["in.y"] : null;
        var predict = config.Value("cfg_scale") is { } scale
            ? network.Guided(w, labels, scale.GetDouble())
            : network.With(w, labels);

        var told = new List<long>();
        Tensor Listened(Tensor x, Tensor t)
        {
            told.Add(t[0].to_type(ScalarType.Int64).item<long>());
            return predict(x, t);
        }

        using var diffusion = new GaussianDiffusion(ProcessConfig.Process(config), ProcessConfig.Options(config, network.LearnsVariance));
        var wanted = config.Value("timesteps_given_to_model")?.EnumerateArray().Select(time => time.GetInt64()).ToList();
        var kind = config.Word("mode", "ddpm") switch
        {
            "ddpm" => ReverseKind.Ddpm,
            "ddim" => wanted is { Count: > 1 } && wanted[0] < wanted[^1] ? ReverseKind.DdimInverse : ReverseKind.Ddim,
            "ddim_reverse" => ReverseKind.DdimInverse,
            var mode => throw new FixtureException($"unknown mode {mode}"),
        };
        var options = new ReverseOptions(kind, new Denoising(config.Flag("clip_denoised", true)), config.Number("eta", 0));
        using var states = new Trajectory();
        using var data = new Trajectory();
        using var end = new DiffusionSampler(diffusion, options).Run(
            Listened, fixture["in.z"], ProcessConfig.Recorded(fixture.Has("rec.noise") ? fixture["rec.noise"] : zeros(0)),
            seen: (i, step) =>
            {
                states.Add(i, step.State);
                data.Add(i, step.Data);
            });
        if (wanted is not null)
            comparison.Require(wanted.SequenceEqual(told), $"the network was told {string.Join(", ", told)}, not {string.Join(", ", wanted)}");
        comparison.Expect("out.samples", states.Stack());
        if (fixture.Has("out.pred_xstart"))
            comparison.Expect("out.pred_xstart", data.Stack());
    }
}
