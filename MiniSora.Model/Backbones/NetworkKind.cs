namespace MiniSora.Model.Backbones;

/// <summary>Networks that a recipe can train.</summary>
public enum NetworkKind
{
    /// <summary>The product's own: text and video tokens in one sequence, a time for every frame.</summary>
    MiniSora,

    /// <summary>DiT (Peebles and Xie 2022), for single images; with an interpolant objective it is SiT.</summary>
    Dit,

    /// <summary>Latte (Ma et al. 2024), in its four variants.</summary>
    Latte,

    /// <summary>Stable Cascade (Pernias et al. 2023) at mini scale, its three stages trained one after another.</summary>
    Cascade,
}

/// <summary>What a network is told besides the time.</summary>
public enum ConditioningKind
{
    /// <summary>A caption, through a text encoder that is trained with the network.</summary>
    Text,

    /// <summary>A class of the dataset.</summary>
    Label,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>What encodes captions.</summary>
public enum TextEncoderKind
{
    /// <summary>A small bilingual encoder, trained with the network.</summary>
    Own,

    /// <summary>A frozen T5 (Raffel et al. 2020) from imported weights; its features are kept on disk.</summary>
    T5,
}
