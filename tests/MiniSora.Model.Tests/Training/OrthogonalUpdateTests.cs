using MiniSora.Model.Layers;
using MiniSora.Model.Training;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Training;

public sealed class OrthogonalUpdateTests : TorchTests
{
    [Theory]
    [InlineData(12, 30)]
    [InlineData(8, 20)]
    [InlineData(20, 8)]
    public void Singular_values_come_near_one_and_singular_vectors_stay(int rows, int columns)
    {
        var matrices = randn(3, rows, columns);
        var made = OrthogonalUpdate.Orthogonalise(matrices);
        Assert.Equal(matrices.shape, made.shape);
        var values = linalg.svdvals(made);
        Assert.InRange(values.min().item<float>(), 0.3f, 1.3f);
        Assert.InRange(values.max().item<float>(), 0.6f, 1.3f);
        // U Σ' Vᵀ shares both bases with U Σ Vᵀ: Uᵀ made V is diagonal.
        var (u, _, vt) = linalg.svd(matrices, fullMatrices: false);
        var inner = u.transpose(1, 2).bmm(made).bmm(vt.transpose(1, 2));
        var diagonal = inner.diagonal(0, 1, 2).diag_embed();
        Assert.InRange((inner - diagonal).abs().max().item<float>(), 0, 2e-3f);
    }

    [Fact]
    public void No_gradient_is_no_update() => Assert.Equal(0, OrthogonalUpdate.Orthogonalise(zeros(2, 4, 4)).abs().max().item<float>());

    [Fact]
    public void Only_hidden_matrices_are_written_each_square_part_for_itself()
    {
        var layout = new ParameterLayout();
        layout.Add("first.weight", [6, 6], Start.Xavier);
        layout.Add("qkv.weight", [18, 6], Start.Xavier, hidden: true);
        layout.Add("fc2.weight", [6, 24], Start.Xavier, hidden: true);
        layout.Add("bias", [6], Start.Zero);
        var moment = randn(layout.Length);
        var update = full(layout.Length, 7f);
        new OrthogonalUpdate(layout).Write(update, moment, 1);
        var written = layout.Named(update).ToDictionary(item => item.Name, item => item.View);
        var from = layout.Named(moment).ToDictionary(item => item.Name, item => item.View);
        Assert.True(written["first.weight"].eq(7f).all().item<bool>());
        Assert.True(written["bias"].eq(7f).all().item<bool>());
        var scale = 0.2 * Math.Sqrt(6);
        for (var part = 0; part < 3; part++)
            Near(written["qkv.weight"].narrow(0, 6 * part, 6), from["qkv.weight"].narrow(0, 6 * part, 6));
        for (var part = 0; part < 4; part++)
            Near(written["fc2.weight"].narrow(1, 6 * part, 6), from["fc2.weight"].narrow(1, 6 * part, 6));

        void Near(Tensor got, Tensor moments) =>
            Assert.InRange(LargestDifference(got, OrthogonalUpdate.Orthogonalise(moments.unsqueeze(0)).squeeze(0).mul((float)scale)), 0, 1e-5);
    }
}
