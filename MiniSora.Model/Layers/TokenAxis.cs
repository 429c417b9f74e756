namespace MiniSora.Model.Layers;

/// <summary>Which tokens of [B, F, S, D] see each other.</summary>
internal enum TokenAxis
{
    /// <summary>The S tokens of one frame.</summary>
    Space,

    /// <summary>The F tokens at one place.</summary>
    Time,
}
