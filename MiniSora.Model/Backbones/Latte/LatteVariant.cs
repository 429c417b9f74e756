namespace MiniSora.Model.Backbones;

/// <summary>
/// The four ways of Latte's paper (Ma et al. 2024, section 3.1) to share blocks between space and time. Only the first was released; the
/// others follow the paper's text and its parameter counts (models.md §1.2).
/// </summary>
public enum LatteVariant
{
    /// <summary>Variant 1: blocks of space and of time take turns.</summary>
    Interleaved,

    /// <summary>Variant 2: the first half of the blocks is for space, the second for time.</summary>
    LateFusion,

    /// <summary>Variant 3: every block attends over space, then over time, then feeds forward.</summary>
    SequentialAttention,

    /// <summary>Variant 4: every block attends over space and over time side by side and adds the two.</summary>
    ParallelAttention,
}
