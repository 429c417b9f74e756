using MiniSora.Model;

namespace MiniSora.Jobs.Specs;

/// <summary>What a training run may spend. It ends well when it has spent it, wherever it is.</summary>
public sealed record BudgetSpec
{
    /// <summary>Floating-point operations of training steps; 0: no limit.</summary>
    [Setting(Min = 0, Max = 1e24, Unit = "flop", Advanced = true)] public double Flops { get; init; }

    /// <summary>Seconds inside training steps; 0: no limit.</summary>
    [Setting(Min = 0, Max = 31_536_000, Unit = "s", Advanced = true)] public double Seconds { get; init; }
}

/// <summary>The loss at fixed noise levels on fixed clips, while training.</summary>
public sealed record ValidationSpec
{
    /// <summary>Clips; 0 switches it off. Default 8.</summary>
    [Setting(Min = 0, Max = 256, Unit = "clips", Advanced = true)] public int Clips { get; init; } = 8;

    /// <summary>Steps between two looks. Default 100.</summary>
    [Setting(Min = 1, Max = 1_000_000, Unit = "steps", Advanced = true)] public int EverySteps { get; init; } = 100;
}
