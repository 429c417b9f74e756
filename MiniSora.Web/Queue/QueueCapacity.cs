using Microsoft.Extensions.Options;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Queue;

/// <summary>How many runs can execute at the same time.</summary>
internal sealed class QueueCapacity(IOptions<RunOptions> options)
{
    /// <summary>0 when nothing here executes runs.</summary>
    public int Devices => options.Value.Execute ? options.Value.Slots : 0;
}
