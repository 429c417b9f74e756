namespace MiniSora.Model.Sampling;

/// <summary>Frames, height and width of the clips a model was trained on.</summary>
internal sealed record ClipSize(int Frames, int Height, int Width);
