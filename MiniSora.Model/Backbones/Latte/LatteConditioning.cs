namespace MiniSora.Model.Backbones;

/// <summary>What conditions a Latte besides the time; the values are the original's <c>extras</c>.</summary>
internal enum LatteConditioning
{
    /// <summary>Nothing.</summary>
    None = 1,

    /// <summary>A class.</summary>
    Label = 2,

    /// <summary>A text embedding, flattened.</summary>
    Text = 78,
}
