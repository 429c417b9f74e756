using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace MiniSora.Web.Storage;

/// <summary>Instants as UTC ticks: SQLite has no type for them, and text with an offset does not sort.</summary>
internal sealed class UtcTicksConverter() : ValueConverter<DateTimeOffset, long>(
    instant => instant.UtcTicks,
    ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
