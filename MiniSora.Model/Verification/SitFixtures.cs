using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>The SiT network: a DiT whose variance channels nobody uses, told times in [0, 1]; forward passes and guided sampling.</summary>
internal static class SitFixtures
{
    public static void Run(Fixture fixture, Comparison comparison)
    {
        var config = fixture.Config;
        var network = new RecordedNetwork(fixture, config);
        using var _ = no_grad();
        var w = fixture.Views(network.Layout);
        Predict Mean(Predict whole) => (x, t) => whole(x, t).narrow(1, 0, network.Channels);

        var (x, t) = (fixture["in.x"], fixture["in.t"]);
        if (fixture.Has("out.forward"))
            comparison.Expect("out.forward", Mean(network.With(w, fixture["in.y"]))(x, t));
        if (!fixture.Has("in.cfg_y"))
            return;

        var guided = Mean(network.Guided(w, fixture["in.cfg_y"], config.Number("cfg_scale", 4)));
        var both = fixture.Has("in.cfg_x") ? fixture["in.cfg_x"] : cat([x, x]);
        if (fixture.Has("out.forward_with_cfg"))
            comparison.Expect("out.forward_with_cfg", guided(both, fixture.Has("in.cfg_t") ? fixture["in.cfg_t"] : cat([t, t])));
        var sampler = new TransportSampler(new Transport(new TransportOptions
        {
            Path = ProcessConfig.Path(config.Word("path", "Linear")),
            Prediction = ProcessConfig.Prediction(config.Word("prediction", "velocity")),
        }));
        var start = fixture.Has("in.z") ? fixture["in.z"] : both;
        var points = config.Whole("num_steps", 50);
        foreach (var name in fixture.Names("out.ode_"))
        {
            using var trajectory = new Trajectory();
            using var end = sampler.Ode(new OdeOptions { Method = ProcessConfig.Ode(name["out.ode_".Length..]), Points = points }, guided, start, trajectory.Add);
            comparison.Expect(name, trajectory.Stack());
        }

        foreach (var name in fixture.Names("out.sde_"))
        {
            // <method>_<form>_<last step>
            var parts = name["out.sde_".Length..].Split('_');
            var options = new SdeOptions
            {
                Method = ProcessConfig.Sde(Capital(parts[0])),
                Form = ProcessConfig.Form(parts[1]),
                LastStep = ProcessConfig.Last(Capital(parts[2])),
                LastStepSize = config.Number("last_step_size", 0.04),
                Points = points,
            };
            using var trajectory = new Trajectory();
            using var end = sampler.Sde(options, guided, start, ProcessConfig.Recorded(fixture["rec.sde_w"]), trajectory.Add);
            comparison.Expect(name, trajectory.Stack());
        }
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
