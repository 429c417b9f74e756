namespace MiniSora.Model.Layers;

/// <summary>How a checkpoint names the projections of self-attention.</summary>
internal enum AttentionKeys
{
    /// <summary><c>qkv</c> (queries first, then keys, then values) and <c>proj</c>: timm, DiT, Latte.</summary>
    Joined,

    /// <summary><c>to_q</c>, <c>to_k</c>, <c>to_v</c> and <c>to_out.0</c>: diffusers, LatteT2V.</summary>
    Separate,
}
