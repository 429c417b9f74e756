using System.Runtime.ExceptionServices;
using MiniSora.Model.Layers;
using MiniSora.Model.Systems;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>
/// Data parallelism inside one process: a step's lanes are dealt to as many replicas, each on a thread of its own with arithmetic of
/// one thread, and their gradients are added in a fixed order. On a processor this scales where libtorch's own threads hardly do: the
/// operations of a small network are too short to be worth a fork and a join each. The replicas read the same weights; only a gradient
/// is held twice. Replicas on other devices than the weights' get a copy of them every step and send their gradient back.
/// </summary>
internal sealed class Replicas : IDisposable
{
    private readonly ILossSystem system;
    private readonly IReadOnlyList<Device> devices;
    private readonly Activations activations;
    private readonly List<Worker> workers;

    /// <summary>One for each of <paramref name="devices"/>, which may repeat. A single one: everything happens on the caller's thread, with all of libtorch's threads.</summary>
    public Replicas(ILossSystem system, IReadOnlyList<Device> devices, Activations activations = Activations.Keep)
    {
        this.system = system;
        this.devices = devices;
        this.activations = activations;
        workers = devices.Count <= 1 ? [] : [.. Enumerable.Range(0, devices.Count).Select(index => new Worker(index))];
    }

    /// <summary>So many on the processor.</summary>
    public Replicas(ILossSystem system, int count, Activations activations = Activations.Keep)
        : this(system, [.. Enumerable.Repeat(CPU, Math.Max(1, count))], activations)
    {
    }

    /// <summary>How many there are.</summary>
    public int Count => devices.Count;

    /// <summary>
    /// The devices of a run on <paramref name="first"/> that asks for so many; 0: one GPU, or a replica per thread of the processor. Throws
    /// <see cref="Native.PlacementException"/> when there are not so many GPUs.
    /// </summary>
    public static IReadOnlyList<Device> Devices(Device first, int wanted)
    {
        if (first.type != DeviceType.CUDA)
            return [.. Enumerable.Repeat(first, wanted == 0 ? get_num_threads() : wanted)];
        var from = Math.Max(0, first.index);
        var there = cuda.device_count();
        if (from + wanted > there)
            throw new Native.PlacementException("device_missing", $"The run wants {wanted} GPUs from cuda:{from} on; this machine has {there}.");
        return [.. Enumerable.Range(from, Math.Max(1, wanted)).Select(index => device($"cuda:{index}"))];
    }

    /// <summary>Loss, global gradient norm (before clipping) and the flat gradient, which the caller owns.</summary>
    public (double Loss, double Norm, Tensor Gradient) Run(Tensor parameters, ScalarType compute, TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        var parts = batch.Split(Count);
        try
        {
            var results = parts.Count == 1
                ? [TrainingStep.Run(system, parameters, compute, parts[0], activations)]
                : InParallel(parts, (part, on) => On(on, parameters, compute, part));
            // They come from other threads, whose scopes are not ours.
            foreach (var (part, gradientPart) in results)
            {
                scope.Attach(part);
                scope.Attach(gradientPart);
            }

            using var _ = no_grad();
            var (loss, gradient) = results[0];
            foreach (var (otherLoss, otherGradient) in results.Skip(1))
            {
                loss = loss.Plus(otherLoss);
                gradient.add_(otherGradient, HeldScalar.One);
                otherGradient.Dispose();
            }

            // One transfer for both numbers: on a GPU each read waits for the whole queue.
            var numbers = stack([loss, gradient.norm()]).to(ScalarType.Float32).cpu().data<float>();
            return (numbers[0], numbers[1], gradient.MoveToOuterDisposeScope());
        }
        finally
        {
            if (parts.Count > 1)
                parts.ForEach(part => part.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => workers.ForEach(worker => worker.Dispose());

    /// <summary>A part's loss and gradient, where the weights are.</summary>
    private (Tensor Loss, Tensor Gradient) On(Device on, Tensor parameters, ScalarType compute, TrainingBatch part)
    {
        if (on.type == parameters.device_type && (on.type == DeviceType.CPU || on.index == parameters.device_index))
            return TrainingStep.Run(system, parameters, compute, part, activations);
        using var scope = NewDisposeScope();
        var (loss, gradient) = TrainingStep.Run(system, parameters.detach().to(on, copy: true).requires_grad_(true), compute, part, activations);
        using (loss)
        using (gradient)
            return (loss.to(parameters.device, copy: true).DetachFromDisposeScope(), gradient.to(parameters.device, copy: true).DetachFromDisposeScope());
    }

    private List<T> InParallel<T>(List<TrainingBatch> parts, Func<TrainingBatch, Device, T> work)
    {
        var results = new T[parts.Count];
        for (var i = 0; i < parts.Count; i++)
        {
            var (index, part) = (i, parts[i]);
            workers[i].Start(() => results[index] = work(part, devices[index]));
        }

        // Every one must have stopped before the parts are disposed, whoever failed.
        var failures = workers.Take(parts.Count).Select(worker => worker.Wait()).OfType<ExceptionDispatchInfo>().ToList();
        failures.FirstOrDefault()?.Throw();
        return [.. results];
    }

    /// <summary>A thread that does one thing after another, with one arithmetic thread of its own.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly SemaphoreSlim begin = new(0);
        private readonly SemaphoreSlim done = new(0);
        private readonly Thread thread;
        private volatile Action? work;
        private volatile ExceptionDispatchInfo? failure;

        public Worker(int index)
        {
            thread = new Thread(Loop) { IsBackground = true, Name = $"replica {index}" };
            thread.Start();
        }

        public void Start(Action action)
        {
            failure = null;
            work = action;
            begin.Release();
        }

        public ExceptionDispatchInfo? Wait()
        {
            done.Wait();
            return failure;
        }

        public void Dispose()
        {
            work = null;
            begin.Release();
            thread.Join();
            begin.Dispose();
            done.Dispose();
        }

        private void Loop()
        {
            // OpenMP keeps this number per thread.
            set_num_threads(1);
            for (; ; )
            {
                begin.Wait();
                if (work is not { } action)
                    return;
                try
                {
                    action();
                }
#pragma warning disable CA1031 // Handed to the thread that waits, whatever it is.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    failure = ExceptionDispatchInfo.Capture(error);
                }

                done.Release();
            }
        }
    }
}
