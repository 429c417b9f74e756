namespace MiniSora.Model.Cascade;

/// <summary>What is trained; in this order, each on the frozen ones before it.</summary>
public enum CascadeStage
{
    /// <summary>Autoencoder of frames.</summary>
    A,

    /// <summary>Semantic encoder and, under its latents, the decoder to stage A's latents.</summary>
    B,

    /// <summary>Prior of semantic latents under captions.</summary>
    C,
}
