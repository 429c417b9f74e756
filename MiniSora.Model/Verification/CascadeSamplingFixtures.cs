using System.Globalization;
using System.Text.RegularExpressions;
using MiniSora.Model.Cascade;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

internal static partial class CascadeDiffusionFixtures
{
    /// <summary>The noising was recorded with these shifts of schedule and loss, and this share of offset noise.</summary>
    private const double DiffuseShift = 1.5;
    private const double LossShift = 2;
    private const double OffsetShare = 0.1;

    private static readonly Dictionary<string, DiffusionTarget> Targets = new()
    {
        ["epsilon"] = DiffusionTarget.Epsilon,
        ["x0"] = DiffusionTarget.Image,
        ["v"] = DiffusionTarget.Velocity,
        ["rf"] = DiffusionTarget.RectifiedFlow,
    };

    public static void Sampling(Fixture fixture, Comparison comparison)
    {
        using var _ = no_grad();
        foreach (var target in fixture.Names("out.diffuse.").Concat(fixture.Names("out.undiffuse.")).Select(name => name.Split('.')[2]).Distinct())
            Diffuse(fixture, comparison, target);
        var cases = fixture.Config.TryGetProperty("cases", out var listed) ? listed.EnumerateArray().Select(item => item.GetString()!).ToDictionary(text => FirstWord().Match(text).Value) : [];
        foreach (var name in fixture.Names("out.sample.").Select(name => name.Split('.')[2]).Distinct())
            Sample(fixture, comparison, name, cases.GetValueOrDefault(name, name));
    }

    private static void Diffuse(Fixture fixture, Comparison comparison, string name)
    {
        var offset = name == "offset";
        var gdf = new Gdf { Target = offset ? DiffusionTarget.Epsilon : Targets[name], OffsetNoise = offset ? OffsetShare : 0 };
        float[] times = [.. fixture.Stored("in.t").data<float>()];
        float[] levels = [.. times.Select(t => gdf.Schedule.At(t, offset ? 1 : DiffuseShift))];
        var noised = gdf.Diffuse(fixture["in.x0"], fixture["in.eps"], levels, LossShift, offset ? fixture["in.offset"] : null);
        void Expect(string part, Func<Tensor> value) => CascadeFixtures.Expect(comparison, fixture, $"out.diffuse.{name}.{part}", value);
        Expect("noised", () => noised.Noised);
        Expect("noise", () => noised.Noise);
        Expect("target", () => noised.Target);
        Expect("logSNR", () => tensor(noised.LogSnr));
        Expect("noise_cond", () => tensor(noised.Level));
        Expect("loss_weight", () => tensor(noised.Weight));
        if (fixture.Names($"out.undiffuse.{name}.").Count == 0)
            return;
        // Any tensor serves as an answer: the recording took the start of the trajectories.
        var (image, noise) = gdf.Undiffuse(noised.Noised, levels, fixture["in.x_init"]);
        CascadeFixtures.Expect(comparison, fixture, $"out.undiffuse.{name}.x0", () => image);
        CascadeFixtures.Expect(comparison, fixture, $"out.undiffuse.{name}.epsilon", () => noise);
    }

    private static void Sample(Fixture fixture, Comparison comparison, string name, string text)
    {
        var (target, sampling) = Case(name, text);
        sampling = sampling with { Steps = CascadeConfig.Int(fixture.Config, "steps", 8) };
        var gdf = new Gdf { Target = target };
        var (images, states, answers) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        var draws = fixture[$"rec.sample.{name}"];
        var (matrix, slope, bias, condition) = (fixture["in.toy.A"], fixture["in.toy.b"], fixture["in.toy.a0"], fixture["in.c"]);

        Tensor Toy(Tensor x, Tensor level, bool conditional)
        {
            Tensor Channels(Tensor value) => value.view(1, -1, 1, 1);
            var mixed = matmul(matrix, x.flatten(2)).view(x.shape).Plus(Channels(slope) * level.view(-1, 1, 1, 1)).Plus(Channels(bias)).tanh();
            mixed = mixed.Plus(x.mul(HeldScalar.Of(0.3)));
            return conditional ? mixed.Plus(condition) : mixed;
        }

        GdfSampler.Run(gdf, Toy, fixture["in.x_init"], sampling, step => draws[step], (_, image, state, answer) =>
        {
            images.Add(image.clone().MoveToOuterDisposeScope().MoveToOuterDisposeScope());
            states.Add(state.clone().MoveToOuterDisposeScope().MoveToOuterDisposeScope());
            answers.Add(answer.clone().MoveToOuterDisposeScope().MoveToOuterDisposeScope());
        });
        CascadeFixtures.Expect(comparison, fixture, $"out.sample.{name}.x0", () => stack(images));
        CascadeFixtures.Expect(comparison, fixture, $"out.sample.{name}.x", () => stack(states));
        CascadeFixtures.Expect(comparison, fixture, $"out.sample.{name}.pred", () => stack(answers));
    }

    /// <summary>The recorded cases by the first word of their description, whose numbers take precedence.</summary>
    private static (DiffusionTarget Target, GdfSampling Sampling) Case(string name, string text)
    {
        double Of(Regex pattern, double otherwise, int group = 1) =>
            pattern.Match(text) is { Success: true } match ? double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : otherwise;
        var ddim = new GdfSampling { Stepper = GdfStepper.Ddim };
        return name switch
        {
            "ddpm" => (DiffusionTarget.Epsilon, new GdfSampling()),
            "ddim" => (DiffusionTarget.Velocity, ddim),
            "ddim_eta" => (DiffusionTarget.Epsilon, ddim with { Eta = Of(EtaOf(), 0.5) }),
            "lcm" => (DiffusionTarget.Image, new GdfSampling { Stepper = GdfStepper.Lcm, Guidance = null }),
            "rho0" => (DiffusionTarget.Epsilon, ddim with { Rescale = 0 }),
            "cfgramp" => (DiffusionTarget.Velocity, ddim with { Guidance = new GuidanceRamp(Of(Ramp(), 4), Of(Ramp(), 1.5, 2)) }),
            "shift" => (DiffusionTarget.Epsilon, new GdfSampling { Shift = Of(ShiftBy(), 2), Start = Of(StartAt(), 0.9) }),
            _ => throw new FixtureException($"the case {text} is unknown"),
        };
    }
}
