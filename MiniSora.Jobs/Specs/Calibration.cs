using System.Text.Json;
using System.Text.Json.Serialization;
using MiniSora.Model.Training;

namespace MiniSora.Jobs.Specs;

/// <summary>Where a rate comes from; later ones are trusted more.</summary>
public enum RateSource
{
    /// <summary>Shipped with the product.</summary>
    Default,

    /// <summary>Measured by <c>minisora calibrate</c>.</summary>
    Benchmark,

    /// <summary>Taken from a finished run.</summary>
    Run,
}

/// <summary>Effective speed of training steps of one size, everything included (data, optimizer, EMA).</summary>
/// <param name="Device"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Precision">Arithmetic; never <see cref="Precision.Auto"/>.</param>
/// <param name="Width">Token width D that it was measured at.</param>
/// <param name="GflopPerSecond">Model FLOPs (forward and backward) per second, in 10⁹.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record CalibrationRate(string Device, Precision Precision, int Width, double GflopPerSecond, RateSource Source);

/// <summary>What is known about the speed of this machine: <c>{data}/calibration.json</c>.</summary>
public sealed record Calibration
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Rates of a two-core processor with AVX-512 and of one consumer GPU (models.md §6.1, derated), used until somebody measures.</summary>
    public static Calibration Uncalibrated { get; } = new()
    {
        Rates =
        [
            new("cpu", Precision.Fp32, 64, 25, RateSource.Default),
            new("cpu", Precision.Fp32, 128, 55, RateSource.Default),
            new("cpu", Precision.Fp32, 256, 95, RateSource.Default),
            new("cpu", Precision.Bf16, 64, 20, RateSource.Default),
            new("cpu", Precision.Bf16, 128, 65, RateSource.Default),
            new("cpu", Precision.Bf16, 256, 180, RateSource.Default),
            new("cuda", Precision.Fp32, 256, 10_000, RateSource.Default),
            new("cuda", Precision.Bf16, 256, 30_000, RateSource.Default),
        ],
    };

    /// <summary>The rates.</summary>
    public IReadOnlyList<CalibrationRate> Rates { get; init; } = [];

    /// <summary>Reads the file; the shipped rates when there is none or it cannot be read.</summary>
    public static Calibration Load(string dataFolder)
    {
        try
        {
            var read = JsonSerializer.Deserialize<Calibration>(File.ReadAllText(PathIn(dataFolder)), Json);
            return read is { Rates.Count: > 0 } ? read : Uncalibrated;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            // An estimate is a convenience: without the file the shipped rates do.
            return Uncalibrated;
        }
    }

    /// <summary>Writes the file, by a temporary name so that no reader sees half of it.</summary>
    public void Save(string dataFolder)
    {
        Directory.CreateDirectory(dataFolder);
        var temporary = $"{PathIn(dataFolder)}.{Environment.ProcessId}.tmp";
        File.WriteAllText(temporary, JsonSerializer.Serialize(this, Json));
        File.Move(temporary, PathIn(dataFolder), overwrite: true);
    }

    /// <summary>This with a rate added; it replaces one of the same device, precision and width. A finished run moves the old rate half way, so that one busy hour does not spoil it.</summary>
    public Calibration With(CalibrationRate rate)
    {
        var old = Rates.FirstOrDefault(known => SameCell(known, rate));
        if (rate.Source == RateSource.Run && old is { Source: RateSource.Run })
            rate = rate with { GflopPerSecond = Math.Sqrt(rate.GflopPerSecond * old.GflopPerSecond) };
        return this with { Rates = [.. Rates.Where(known => !SameCell(known, rate)), rate] };
    }

    /// <summary>The precision that <see cref="Precision.Auto"/> is expected to become.</summary>
    public Precision Fastest(string device, int width) =>
        Rate(device, Precision.Bf16, width).GflopPerSecond > Rate(device, Precision.Fp32, width).GflopPerSecond ? Precision.Bf16 : Precision.Fp32;

    /// <summary>The rate at a width: interpolated in the logarithms between its neighbours; beyond the ends the nearest one.</summary>
    public CalibrationRate Rate(string device, Precision precision, int width)
    {
        var cells = Rates.Where(rate => rate.Device == device && rate.Precision == precision).OrderBy(rate => rate.Width).ToList();
        if (cells.Count == 0)
            cells = [.. Uncalibrated.Rates.Where(rate => rate.Device == device && rate.Precision == precision).OrderBy(rate => rate.Width)];
        cells = [.. cells.Select(cell => Scaled(cell, cells))];
        var below = cells.LastOrDefault(rate => rate.Width <= width) ?? cells[0];
        var above = cells.FirstOrDefault(rate => rate.Width >= width) ?? cells[^1];
        if (below.Width >= above.Width)
            return (below.Width == width ? below : above) with { Width = width };
        var share = Math.Log((double)width / below.Width) / Math.Log((double)above.Width / below.Width);
        var rate = Math.Exp((1 - share) * Math.Log(below.GflopPerSecond) + share * Math.Log(above.GflopPerSecond));
        return new(device, precision, width, rate, below.Source < above.Source ? below.Source : above.Source);
    }

    /// <summary>
    /// A shipped rate, as much faster or slower as the measured one of the nearest width was found to be: a machine is known by one measurement.
    /// Not of a much smaller network, though: its steps are spent on starting operations, which says nothing of large products.
    /// </summary>
    private static CalibrationRate Scaled(CalibrationRate cell, IReadOnlyList<CalibrationRate> cells)
    {
        var telling = cells.Where(other => other.Source != RateSource.Default && 2 * other.Width >= cell.Width);
        if (cell.Source != RateSource.Default || telling.MinBy(other => Math.Abs(Math.Log((double)other.Width / cell.Width))) is not { } nearest)
            return cell;
        var shipped = Uncalibrated.Rate(cell.Device, cell.Precision, nearest.Width).GflopPerSecond;
        return cell with { GflopPerSecond = cell.GflopPerSecond * nearest.GflopPerSecond / shipped, Source = RateSource.Benchmark };
    }

    private static bool SameCell(CalibrationRate a, CalibrationRate b) => (a.Device, a.Precision, a.Width) == (b.Device, b.Precision, b.Width);

    private static string PathIn(string dataFolder) => Path.Combine(dataFolder, "calibration.json");
}
