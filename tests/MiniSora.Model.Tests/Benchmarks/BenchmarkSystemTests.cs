using MiniSora.Model.Benchmarks;
using MiniSora.Model.Layers;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Benchmarks;

public sealed class BenchmarkSystemTests : TorchTests
{
    [Fact]
    public void The_step_that_is_timed_is_that_of_training_in_replicas()
    {
        var layout = new ParameterLayout();
        var weight = layout.Add("w", [3], Start.One);
        var network = new BenchmarkNetwork("x", layout, 5, 1, _ => [randn(5, 3)], (w, inputs) => inputs[0] * w[weight]);
        var inputs = network.Inputs(CPU);
        var parameters = randn(layout.Length).requires_grad_(true);
        (double Loss, double Norm, Tensor Gradient) Run(int count)
        {
            using var system = new BenchmarkSystem(network);
            using var replicas = new Replicas(system, count);
            return replicas.Run(parameters, ScalarType.Float32, new BenchmarkBatch(inputs, 5));
        }

        var (alone, together) = (Run(1), Run(2));
        var expected = (inputs[0] * parameters.narrow(0, 0, 3)).square().mean().ToDouble();
        Assert.Equal(expected, alone.Loss, 1e-5);
        Assert.Equal(expected, together.Loss, 1e-5);
        Assert.True(LargestDifference(alone.Gradient, together.Gradient) < 1e-5);
        Assert.True(alone.Norm > 0);
    }
}
