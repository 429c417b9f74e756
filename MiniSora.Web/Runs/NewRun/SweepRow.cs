namespace MiniSora.Web.Runs.NewRun;

/// <summary>A setting of a sweep in the form: its path, and its values letter by letter.</summary>
public sealed record SweepRow(string Path, string Values);
