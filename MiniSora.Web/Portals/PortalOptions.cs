using System.ComponentModel.DataAnnotations;

namespace MiniSora.Web.Portals;

/// <summary>What a portal does for its community.</summary>
public enum PortalRole
{
    /// <summary>Serves pages, schedules runs and keeps house. There is one.</summary>
    Lead,

    /// <summary>Serves pages beside the lead, on the same database.</summary>
    Front,
}

/// <summary>Section <c>Portals</c> of the settings: several portals behind one name.</summary>
public sealed class PortalOptions
{
    /// <summary>What this portal does. Default <see cref="PortalRole.Lead"/>, which needs no other portal.</summary>
    public PortalRole Role { get; set; }

    /// <summary>Tells communities apart that share a Redis. Default <c>minisora</c>.</summary>
    [Required, RegularExpression("[A-Za-z0-9-]{1,40}")] public string Name { get; set; } = "minisora";
}
