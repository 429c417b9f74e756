using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Training;

public sealed class FlatAdamWTests : TorchTests
{
    [Fact]
    public void It_is_torchs_adamw()
    {
        var start = randn(20);
        var gradients = Enumerable.Range(0, 5).Select(_ => randn(20)).ToList();
        var options = new TrainingOptions { Beta1 = 0.9, Beta2 = 0.95, WeightDecay = 0.1 };

        var expected = new TorchSharp.Modules.Parameter(start.clone());
        using var reference = optim.AdamW([expected], lr: 1e-2, beta1: 0.9, beta2: 0.95, weight_decay: 0.1);
        using var ours = new FlatAdamW(options, ones(20));
        var actual = start.clone();
        foreach (var gradient in gradients)
        {
            expected.grad = gradient.clone();
            reference.step();
            ours.Apply(actual, gradient, 1e-2);
        }

        Assert.True(LargestDifference(expected, actual) < 1e-6);
    }

    [Fact]
    public void Where_the_mask_is_zero_nothing_decays()
    {
        var parameters = ones(4);
        using var optimizer = new FlatAdamW(new TrainingOptions { WeightDecay = 0.5 }, tensor(new[] { 1f, 0, 1, 0 }));
        optimizer.Apply(parameters, zeros(4), 0.1);
        Assert.Equal([0.95f, 1, 0.95f, 1], parameters.data<float>().ToArray());
    }
}
