using MiniSora.Model.Cascade;
using MiniSora.Model.Native;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Cascade;

public sealed class CascadeTrainingTests : TorchTests
{
    private static readonly string[] Captions = ["red square left", "green square right", "blue square left", "white square right"];
    private static readonly Vocabulary Words = Vocabulary.Build([.. Captions, .. Captions]);
    private static readonly CascadeOptions Tiny = new()
    {
        CodecWidth = 24,
        SemanticWidth = 24,
        DecoderWidth = 16,
        PriorWidth = 32,
        PriorBlocks = [1, 1],
        TextWidth = 16,
        TextLength = 8,
        LearningRate = 3e-3,
        WarmupSteps = 10,
    };

    [Fact]
    public void Three_stages_learn_a_handful_of_pictures()
    {
        using var training = new CascadeTraining(Tiny, Words, 1, Placement.Cpu);
        var clips = Squares(1);
        double Untrained()
        {
            using var fresh = training.Pipeline();
            return Error(fresh.Reconstruct(clips), clips);
        }

        var before = Untrained();
        Train(training, CascadeStage.A, clips, 100);
        Train(training, CascadeStage.B, clips, 150);
        Train(training, CascadeStage.C, clips, 130);
        using var pipeline = training.Pipeline();
        var reconstructed = Error(pipeline.Reconstruct(clips), clips);
        Assert.True(reconstructed < 0.1 * before, $"stage A: {before} before, {reconstructed} after");
        var regenerated = Error(pipeline.Regenerate(clips, [1, 2, 3, 4], new CascadeSampling(), CancellationToken.None), clips);
        Assert.True(regenerated < 0.2 * before, $"stages B and A: {before} before, {regenerated} after");
        var sampled = Error(pipeline.Sample(Requests(), new CascadeSampling(), CancellationToken.None), clips);
        Assert.True(sampled < 0.4 * before, $"stages C, B and A: {before} before, {sampled} after");
    }

    [Fact]
    public void Clips_are_learnt_as_pictures_are()
    {
        var options = Tiny with { Frames = 3, Height = 16, Width = 16 };
        using var training = new CascadeTraining(options, Words, 1, Placement.Cpu);
        var clips = Squares(3, 16);
        double before;
        using (var fresh = training.Pipeline())
            before = Error(fresh.Reconstruct(clips), clips);
        Train(training, CascadeStage.A, clips, 60);
        Train(training, CascadeStage.B, clips, 80);
        Train(training, CascadeStage.C, clips, 3);
        using var pipeline = training.Pipeline();
        var regenerated = Error(pipeline.Regenerate(clips, [1, 2, 3, 4], new CascadeSampling(), CancellationToken.None), clips);
        Assert.True(regenerated < 0.3 * before, $"{before} before, {regenerated} after");
        Assert.Equal([4, 3, 3, 16, 16], pipeline.Sample(Requests(), new CascadeSampling { PriorSteps = 2, DecoderSteps = 2 }, CancellationToken.None).shape);
    }

    [Fact]
    public void Stage_A_learns_through_its_codebook_too()
    {
        using var training = new CascadeTraining(Tiny with { Latents = CascadeLatents.Codebook, Height = 16, Width = 16, CodebookSize = 32 }, Words, 1, Placement.Cpu);
        var clips = Squares(1, 16);
        var losses = Enumerable.Range(0, 60).Select(_ => training.Step(CascadeStage.A, clips, Captions)).ToList();
        Assert.True(losses[^1] < 0.7 * losses[0], $"{losses[0]} first, {losses[^1]} last");
    }

    [Fact]
    public void A_training_that_was_saved_goes_on_as_if_it_had_not_stopped()
    {
        var options = Tiny with { Height = 16, Width = 16, Frames = 2 };
        var clips = Squares(2, 16);
        using var one = new CascadeTraining(options, Words, 5, Placement.Cpu);
        foreach (var stage in Enum.GetValues<CascadeStage>())
            Train(one, stage, clips, 3);
        using var other = new CascadeTraining(options, Words, 5, Placement.Cpu);
        other.Load(one.Save());
        foreach (var stage in Enum.GetValues<CascadeStage>())
        {
            Assert.Equal(3, other.Steps(stage));
            Assert.Equal(one.Step(stage, clips, Captions), other.Step(stage, clips, Captions));
        }

        var state = other.Save();
        Assert.All(one.Save(), pair => Assert.True(SameBits(pair.Value, state[pair.Key]), pair.Key));
    }

    [Fact]
    public void A_sample_does_not_depend_on_its_neighbours()
    {
        using var training = new CascadeTraining(Tiny with { Height = 16, Width = 16 }, Words, 1, Placement.Cpu);
        foreach (var stage in Enum.GetValues<CascadeStage>())
            Train(training, stage, Squares(1, 16), 3);
        using var pipeline = training.Pipeline();
        var sampling = new CascadeSampling { PriorSteps = 3, DecoderSteps = 2 };
        var together = pipeline.Sample(Requests(), sampling, CancellationToken.None);
        var alone = pipeline.Sample([Requests()[2]], sampling, CancellationToken.None);
        Assert.True(LargestDifference(together.narrow(0, 2, 1), alone) < 1e-4);
    }

    [Fact]
    public void Steps_leak_no_tensors()
    {
        using var training = new CascadeTraining(Tiny with { Height = 16, Width = 16, Frames = 2 }, Words, 1, Placement.Cpu);
        var clips = Squares(2, 16);
        void All()
        {
            foreach (var stage in Enum.GetValues<CascadeStage>())
                training.Step(stage, clips, Captions);
        }

        All();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        All();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Clips_of_another_size_are_refused()
    {
        using var training = new CascadeTraining(Tiny, Words, 1, Placement.Cpu);
        Assert.Contains("[4, T, 3, 32, 32]", Assert.Throws<ArgumentException>(() => training.Step(CascadeStage.A, Squares(1, 16), Captions)).Message);
    }

    private static void Train(CascadeTraining training, CascadeStage stage, Tensor clips, int steps)
    {
        for (var i = 0; i < steps; i++)
            training.Step(stage, clips, Captions);
    }

    private static List<CascadeRequest> Requests() => [.. Captions.Select((caption, i) => new CascadeRequest(caption, (ulong)i + 1))];

    private static double Error(Tensor a, Tensor b) => (a - b).square().mean().ToDouble();

    /// <summary>[4, T, 3, side, side]: a coloured square on black that moves down one eighth a frame.</summary>
    private static Tensor Squares(int frames, int side = 32)
    {
        var clips = full([4, frames, 3, side, side], -1f);
        float[][] colours = [[1, -1, -1], [-1, 1, -1], [-1, -1, 1], [1, 1, 1]];
        for (var i = 0; i < 4; i++)
            for (var f = 0; f < frames; f++)
                for (var c = 0; c < 3; c++)
                    clips[i, f, c].narrow(0, side / 8 * (1 + f), side / 2).narrow(1, i % 2 * side / 2, side / 2).fill_(colours[i][c]);
        return clips;
    }
}
