namespace MiniSora.Model.Native;

/// <summary>How a convolution is computed.</summary>
public enum ConvolutionPath
{
    /// <summary>libtorch's own conv2d and conv3d.</summary>
    Direct,

    /// <summary>The same with input and output channels filled up with zeros to multiples of 16: free for networks of such widths.</summary>
    PaddedChannels,

    /// <summary>One matrix product per kernel tap, summed: slower, and right wherever matrix products are.</summary>
    ShiftedProducts,
}
