using System.Reflection;

namespace MiniSora.Jobs.Specs;

/// <summary>Copies a record through the clone method that the compiler gives every record, so that a field can be replaced by its path.</summary>
internal static class RecordCopy
{
    public static object Of(object record) =>
        record.GetType().GetMethod("<Clone>$", BindingFlags.Instance | BindingFlags.Public)?.Invoke(record, null)
        ?? throw new InvalidOperationException($"{record.GetType()} is not a record.");
}
