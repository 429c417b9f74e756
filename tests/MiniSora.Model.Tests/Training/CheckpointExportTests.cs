using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Training;

public sealed class CheckpointExportTests
{
    private static readonly SampleRequest Prompt = new("a red circle moves left", 5);
    private static readonly SamplerOptions Options = new() { Steps = 4 };

    [Theory]
    [InlineData(torch.ScalarType.Float32, 0)]
    [InlineData(torch.ScalarType.Float16, 0.2)]
    public void An_exported_copy_samples_as_the_averaged_weights_do_and_is_a_fraction_of_the_size(torch.ScalarType type, double mostDifference)
    {
        using var folder = new TemporaryFolder();
        var (full, export) = (folder["full.safetensors"], folder["small.safetensors"]);
        Train(full);

        CheckpointExport.Write(full, export, 0.05, type, WeightsPlace.None);

        using (var before = VideoSampler.Load(full, 0.05, Placement.Cpu))
        using (var raw = VideoSampler.Load(full, 0, Placement.Cpu))
        using (var after = VideoSampler.Load(export, 0.05, Placement.Cpu))
        {
            var (expected, actual) = (before.Sample([Prompt], Options, null, CancellationToken.None)[0], after.Sample([Prompt], Options, null, CancellationToken.None)[0]);
            var (lost, other) = (Difference(expected, actual), Difference(raw.Sample([Prompt], Options, null, CancellationToken.None)[0], actual));
            Assert.InRange(lost, 0, mostDifference);
            Assert.True(other > 2 * lost, $"{other} from the raw weights, {lost} from the averaged ones");
            Assert.Empty(after.Warnings);
            Assert.Equal(before.SpecText, after.SpecText);
        }

        // Raw, two averages, two moments: five copies; one is left, in half the bits for float16.
        var part = new FileInfo(export).Length / (double)new FileInfo(full).Length;
        Assert.InRange(part, 0.05, type == torch.ScalarType.Float16 ? 0.2 : 0.3);
    }

    [Fact]
    public void A_training_can_start_from_it_and_it_is_not_taken_for_one_that_can_be_resumed()
    {
        using var folder = new TemporaryFolder();
        var (full, export) = (folder["full.safetensors"], folder["small.safetensors"]);
        Train(full);
        CheckpointExport.Write(full, export, 0.05, torch.ScalarType.Float16, WeightsPlace.None);

        Assert.Throws<CheckpointException>(() => { using var resumed = TinyRun.Resume(export, TinyRun.Setup()); });
        using var forked = Trainer.Fork(export, Carry.Weights, TinyRun.Setup() with { Seed = 9 }, null, CancellationToken.None);
        Assert.True(double.IsFinite(forked.Step().Loss));
    }

    private static void Train(string path)
    {
        using var trainer = TinyRun.New(TinyRun.Setup());
        TinyRun.Steps(trainer, 12);
        trainer.Save(path);
    }

    private static double Difference(byte[] a, byte[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Average();
}
