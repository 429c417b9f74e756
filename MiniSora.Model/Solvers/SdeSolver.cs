using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Solvers;

/// <summary>Rules to integrate a stochastic differential equation.</summary>
internal enum SdeMethod
{
    /// <summary>Euler–Maruyama.</summary>
    EulerMaruyama,

    /// <summary>The noise first, then Heun's rule with the drift (Karras et al. 2022, algorithm 2).</summary>
    Heun,
}

/// <summary>Integrates dx = f(x, t) dt + √(2 w(x, t)) dW over evenly spaced, rising times.</summary>
internal static class SdeSolver
{
    /// <summary>
    /// The state at the last time; the caller owns it and keeps <paramref name="start"/>. Times t [B] are in x's type. <paramref name="seen"/> gets the state
    /// after each step with the step's number from 0, for the length of the call. One draw of noise a step.
    /// </summary>
    public static Tensor Integrate(SdeMethod method, Tensor start, IReadOnlyList<double> times, Predict drift, Predict diffusion, NoiseDraw draw, Action<int, Tensor>? seen)
    {
        if (times.Count > 1 && times[1] <= times[0])
            throw new ArgumentException("an SDE is integrated forward in time", nameof(times));
        var x = start.clone();
        var size = times.Count > 1 ? times[1] - times[0] : 0;
        using var step = size.ToScalar();
        using var halfStep = (size / 2).ToScalar();
        using var root = Math.Sqrt(size).ToScalar();
        for (var i = 0; i + 1 < times.Count; i++)
        {
            using var scope = NewDisposeScope();
            using var value = times[i].ToScalar();
            var t = full([x.shape[0]], value, x.dtype, x.device);
            var noise = diffusion(x, t).mul(HeldScalar.Of(2)).sqrt() * draw(x).mul(root);
            Tensor next;
            if (method == SdeMethod.Heun)
            {
                var noisy = x.Plus(noise);
                var slope = drift(noisy, t);
                var after = drift(noisy.Plus(slope.mul(step)), t.add(step, HeldScalar.One));
                next = noisy.Plus(slope.Plus(after).mul(halfStep));
            }
            else
            {
                next = x.Plus(drift(x, t).mul(step)).Plus(noise);
            }

            x.Dispose();
            x = next.MoveToOuterDisposeScope();
            seen?.Invoke(i, x);
        }

        return x;
    }
}
