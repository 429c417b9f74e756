using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Weights;

/// <summary>Files in <c>torch-1.13/</c> were written by PyTorch 1.13.1 with <c>torch.save</c> and <c>torch.jit.save</c>.</summary>
public sealed class TorchFileTests : TorchTests
{
    private static string Genuine(string name) => Path.Combine(AppContext.BaseDirectory, "Weights", "torch-1.13", name);

    [Theory]
    [InlineData("training.pt", WeightFormat.Torch)]
    [InlineData("training-legacy.pt", WeightFormat.TorchLegacy)]
    public void A_training_checkpoint_gives_its_averaged_weights_and_lists_the_rest(string name, WeightFormat format)
    {
        using var file = WeightFile.Open(Genuine(name));
        Assert.Equal(format, file.Format);
        Assert.Equal("ema", file.Root);
        Assert.Equal(["model", "ema", "opt"], file.Roots);
        Assert.Equal(["a.weight", "a.bias", "n.weight", "n.bias", "n.running_mean", "n.running_var", "n.num_batches_tracked", "b.weight", "b.bias"], file.Entries.Keys);
        Assert.Equal([4, 3], file.Entries["a.weight"].Shape);
        Assert.Contains(new SkippedValue("args", "outside \"ema\": an object of argparse.Namespace, not built"), file.Skipped);
        Assert.Contains(file.Skipped, value => value.Name == "epoch");

        using var model = WeightFile.Open(Genuine(name), "model");
        foreach (var key in file.Entries.Keys.Where(key => file.Entries[key].Type == ScalarType.Float32))
            Assert.True(LargestDifference(file.Read(key), model.Read(key) + 1) < 1e-6);
        Assert.Equal(1, model.Read("n.num_batches_tracked").item<long>());

        using var optimizer = WeightFile.Open(Genuine(name), "opt.state");
        Assert.Equal([4, 3], optimizer.Read("0.exp_avg").shape);
    }

    [Theory]
    [InlineData("views.pt")]
    [InlineData("views-legacy.pt")]
    public void Views_and_every_type_come_back_with_the_right_values(string name)
    {
        using var file = WeightFile.Open(Genuine(name));
        Tensor expected = arange(24, dtype: ScalarType.Float32).view(4, 6);
        Assert.True(SameBits(expected, file.Read("plain")));
        Assert.True(SameBits(expected.t(), file.Read("transposed")));
        Assert.True(SameBits(expected[1..3, 2..5], file.Read("slice")));
        Assert.True(file.Read("slice").is_contiguous());
        Assert.Equal([0, 3, 6, 9, 12, 15, 18, 21], file.Read("step").data<float>().ToArray());
        Assert.Equal([1.5f, 2.5f, 1.5f, 2.5f, 1.5f, 2.5f], file.Read("expanded").data<float>().ToArray());
        Assert.Equal(3.25f, file.Read("scalar").item<float>());
        Assert.Equal([0, 4], file.Read("empty").shape);
        Assert.Equal(4, file.Read("parameter").sum().item<float>());
        foreach (var (key, type) in new[]
        {
            ("f64", ScalarType.Float64), ("f16", ScalarType.Float16), ("bf16", ScalarType.BFloat16), ("i64", ScalarType.Int64),
            ("i32", ScalarType.Int32), ("i16", ScalarType.Int16), ("i8", ScalarType.Int8), ("u8", ScalarType.Byte),
        })
        {
            Assert.Equal(type, file.Entries[key].Type);
            Assert.Equal([0, 1, 100], file.Read(key).to(ScalarType.Int64).data<long>().ToArray());
        }

        Assert.Equal([true, false, true], file.Read("bool").data<bool>().ToArray());
        Assert.Equal(["module.complex"], file.Skipped.Select(value => value.Name));
    }

    [Theory]
    [InlineData("protocol3.pt")]
    [InlineData("protocol4.pt")]
    [InlineData("protocol5.pt")]
    public void Later_protocols_and_values_that_are_no_tensors_are_read(string name)
    {
        using var file = WeightFile.Open(Genuine(name));
        Assert.Equal([0, 1, 2], file.Read("w").data<float>().ToArray());
        Assert.Single(file.Entries);
        Assert.Equal(["b", "big", "name"], file.Skipped.Select(value => value.Name).Intersect(["name", "big", "b"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_single_tensor_is_read()
    {
        using var file = WeightFile.Open(Genuine("tensor.pt"));
        Assert.Equal([0, 1, 2, 3], file.Read("tensor").data<float>().ToArray());
    }

    [Fact]
    public void A_whole_module_is_refused_by_its_class()
    {
        var error = Assert.Throws<TorchFileException>(() => WeightFile.Open(Genuine("module.pt")));
        Assert.Equal(TorchFileError.NoTensors, error.Error);
        Assert.Contains("__main__.Net", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_is_refused() =>
        Assert.Equal("torch_torch_script", Assert.Throws<TorchFileException>(() => WeightFile.Open(Genuine("features.pt"))).Code);

    [Fact]
    public void An_unknown_root_is_named_with_those_there_are()
    {
        var error = Assert.Throws<TorchFileException>(() => WeightFile.Open(Genuine("training.pt"), "weights"));
        Assert.Equal(TorchFileError.Root, error.Error);
        Assert.Contains("model, ema, opt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_is_read_from_the_top_when_asked_for()
    {
        using var file = WeightFile.Open(Genuine("training.pt"), "");
        Assert.Equal("", file.Root);
        Assert.Contains("opt.state.0.exp_avg_sq", file.Entries.Keys);
        Assert.Contains("ema.a.bias", file.Entries.Keys);
        Assert.Equal(file.Entries.Count, file.ReadAll().Count);
    }
}
