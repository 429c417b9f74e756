using MiniSora.Jobs.Specs;
using MiniSora.Model.Backbones;
using MiniSora.Model.Training;

namespace MiniSora.Web.Runs;

/// <summary>A training run that starts from another one's checkpoint.</summary>
internal static class Fork
{
    /// <summary>The other run's spec, to start from its checkpoint. Where that one was done, its steps begin anew: there would be none left.</summary>
    public static TrainingSpec Of(TrainingSpec basis, string checkpoint, long step) => basis with
    {
        Start = new() { Checkpoint = checkpoint, Carry = step < basis.Training.Steps || basis.Model.Network == NetworkKind.Cascade ? Carry.Everything : Carry.Averages },
    };
}
