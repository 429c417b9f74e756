using MiniSora.Model.Layers;
using MiniSora.Model.Tests.Systems;
using MiniSora.Model.Tests.Training;
using MiniSora.Model.Training;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Layers;

public sealed partial class RecomputationTests(ITestOutputHelper output) : TorchTests
{
    public static TheoryData<string> Systems => ["minisora", .. TinySystem.All.Keys];

    [Theory]
    [MemberData(nameof(Systems))]
    public void The_gradient_is_that_of_the_plain_pass(string system)
    {
        using var fixture = new TrainedSystem(system, setup => setup with { Model = setup.Model with { Depth = 4 } });
        var plain = fixture.Run(1);
        var recomputed = fixture.Run(1, Activations.Recompute);
        var difference = LargestDifference(plain.Gradient, recomputed.Gradient) / plain.Gradient.abs().max().item<float>();
        output.WriteLine(FormattableString.Invariant($"{system}: {difference:e1} of the largest"));
        Assert.Equal(plain.Loss, recomputed.Loss);
        Assert.InRange(difference, 0, 2e-6);
        Assert.True(plain.Norm > 0);
    }

    [Theory]
    [InlineData("minisora")]
    [InlineData("dit label")]
    [InlineData("latte text")]
    public void Masked_tokens_and_replicas_go_with_it(string system)
    {
        using var fixture = new TrainedSystem(system, setup => setup with
        {
            Model = setup.Model with { Depth = 4 },
            Training = setup.Training with { MaskRatio = 0.5 },
        });
        var plain = fixture.Run(1);
        var recomputed = fixture.Run(2, Activations.Recompute);
        Assert.Equal(plain.Loss, recomputed.Loss, 1e-5 * plain.Loss);
        Assert.InRange(LargestDifference(plain.Gradient, recomputed.Gradient), 0, 1e-5 * plain.Gradient.abs().max().item<float>());
    }

    [Fact]
    public void In_bf16_it_is_as_near_as_bf16_is()
    {
        using var fixture = new TrainedSystem("minisora");
        var plain = fixture.Run(1, compute: ScalarType.BFloat16);
        var recomputed = fixture.Run(1, Activations.Recompute, ScalarType.BFloat16);
        Assert.Equal(plain.Loss, recomputed.Loss);
        Assert.InRange(LargestDifference(plain.Gradient, recomputed.Gradient), 0, 0.01 * plain.Gradient.abs().max().item<float>());
    }

    [Fact]
    public void What_lies_beside_and_behind_segments_takes_part()
    {
        var (expected, got) = Both((w, a, b) =>
        {
            var x = w[a] * w[b];
            var y = w.Recomputed([x, w[b]], t => t[0] * t[0] * w[a].sin() + t[1]);
            var z = w.Recomputed([y, x], t => t[0].sin() * w[b] + t[1]);
            return (z * y * w[a]).sum();
        });
        Assert.InRange(LargestDifference(expected, got), 0, 1e-5 * expected.abs().max().item<float>());
    }

    [Fact]
    public void What_would_be_lost_between_segments_is_refused() => Assert.Throws<InvalidOperationException>(() => Both((w, a, b) =>
    {
        var y = w.Recomputed([w[a]], t => t[0].sin() * w[b]);
        return w.Recomputed([y * w[a]], t => t[0].sin()).sum();
    }));

    private static (Tensor Expected, Tensor Got) Both(Func<ParameterViews, int, int, Tensor> loss)
    {
        var layout = new ParameterLayout();
        var (a, b) = (layout.Add("a", [3], Start.One), layout.Add("b", [3], Start.One));
        var flat = randn(layout.Length).requires_grad_(true);
        var expected = autograd.grad([loss(new ParameterViews(layout, flat, ScalarType.Float32), a, b)], [flat])[0];
        var leaves = ParameterViews.Recomputing(layout, flat, ScalarType.Float32);
        using var recomputation = leaves.Recomputation!;
        return (expected, recomputation.Gradient(loss(leaves, a, b)));
    }

    /// <summary>After the forward pass, when all is there that the backward pass will want.</summary>
    [Theory]
    [InlineData("minisora")]
    [InlineData("dit label")]
    [InlineData("latte text")]
    public void Far_less_memory_is_held_between_forward_and_backward(string system)
    {
        using var fixture = new TrainedSystem(system, setup => setup with
        {
            Model = setup.Model with { Depth = 16, Width = 64, Patch = 1 },
            Training = setup.Training with { Batch = system == "dit label" ? 512 : 64 },
        });
        using var batch = fixture.Builder.Build(1);
        long Held(Activations activations)
        {
            using var scope = NewDisposeScope();
            var w = activations == Activations.Recompute
                ? ParameterViews.Recomputing(fixture.System.Layout, fixture.Parameters, ScalarType.Float32)
                : new ParameterViews(fixture.System.Layout, fixture.Parameters, ScalarType.Float32);
            // What the heap keeps of earlier tests would hide what is taken now.
            _ = TrimHeap(0);
            var before = Environment.WorkingSet;
            var loss = fixture.System.Loss(w, batch);
            var held = Environment.WorkingSet - before;
            GC.KeepAlive(loss);
            w.Recomputation?.Dispose();
            return held;
        }

        var recomputed = Held(Activations.Recompute);
        var plain = Held(Activations.Keep);
        output.WriteLine($"{system}: {recomputed >> 20} MiB in place of {plain >> 20} MiB");
        Assert.True(plain > 30L << 20, $"{plain} bytes say nothing");
        Assert.True(recomputed < plain / 3, $"{recomputed} bytes in place of {plain}");
    }

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint keep);

    [Fact]
    public void Steps_leave_no_memory_behind()
    {
        using var fixture = new TrainedSystem("latte images", setup => setup with { Model = setup.Model with { Width = 128 } });
        using var batch = fixture.Builder.Build(1);
        long AfterSteps(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var (loss, gradient) = TrainingStep.Run(fixture.System, fixture.Parameters, ScalarType.Float32, batch, Activations.Recompute);
                loss.Dispose();
                gradient.Dispose();
            }

            _ = TrimHeap(0);
            return Environment.WorkingSet;
        }

        // One gradient is 3 MiB.
        var before = AfterSteps(3);
        Assert.InRange(AfterSteps(30) - before, long.MinValue, 30L << 20);
    }
}
