using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class EncoderTrainingTests : TorchTests
{
    private static readonly EncoderSize Tiny = new(16, 2, 2);

    private static byte[] Train(string path, int steps)
    {
        using var training = new EncoderTraining(Tiny, 5, 4, steps, 1e-3);
        for (var step = 1; step <= steps; step++) Assert.True(double.IsFinite(training.Step(step)));
        training.Save(path);
        return File.ReadAllBytes(path);
    }

    [Fact]
    public void The_same_recipe_gives_the_same_file_and_another_number_of_steps_another()
    {
        using var folder = new TemporaryFolder();
        var first = Train(folder["a.safetensors"], 3);
        Assert.Equal(first, Train(folder["b.safetensors"], 3));
        Assert.NotEqual(first, Train(folder["c.safetensors"], 4));
    }

    [Fact]
    public void Features_name_their_file_and_take_clips_of_any_size()
    {
        using var folder = new TemporaryFolder();
        var path = folder["a.safetensors"];
        Train(path, 1);
        using var features = EncoderFeatures.Load(path);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))), features.Sha256);
        var clip = MovingShapesReference.Clip(4, 0, 32);
        using var own = features.OfClips([clip, clip], 16, 32, 32);
        Assert.Equal([2L, 32], own.shape);
        using var large = features.OfClips([MovingShapesReference.Clip(4, 0, 64)], 16, 64, 64);
        using var still = features.OfClips([clip[..(32 * 32 * 3)]], 1, 32, 32);
        Assert.Equal([1L, 32], large.shape);
        Assert.Equal([1L, 32], still.shape);
    }

    [Fact]
    public void A_file_that_is_no_encoder_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder["x.safetensors"];
        File.WriteAllText(path, "nothing");
        Assert.Throws<FeatureNetworkException>(() => { EncoderFeatures.Load(path).Dispose(); });
    }
}
