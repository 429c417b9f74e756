namespace MiniSora.Model.Training;

/// <summary>What a run takes over from the checkpoint of another run that it starts from.</summary>
public enum Carry
{
    /// <summary>The weights; steps, optimizer and averages begin anew.</summary>
    Weights,

    /// <summary>The weights and their averages; steps and optimizer begin anew.</summary>
    Averages,

    /// <summary>All of it: the run goes on at the checkpoint's step.</summary>
    Everything,
}
