using System.ComponentModel.DataAnnotations;

namespace MiniSora.Web.Retention;

/// <summary>Section <c>Retention</c> of the settings.</summary>
public sealed class RetentionOptions
{
    /// <summary>Minutes between the decision to delete and the deletion, in which it can be called off. Default 10; 0 deletes at once.</summary>
    [Range(0, 10_080)] public int UndoMinutes { get; set; } = 10;
}
