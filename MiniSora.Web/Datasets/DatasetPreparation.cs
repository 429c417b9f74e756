using Microsoft.Extensions.Options;
using MiniSora.Model.Datasets;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Datasets;

/// <summary>Fetches the emoji clips in the background when the portal starts without them.</summary>
internal sealed class DatasetPreparation(DatasetService datasets, DataFolder folder, IOptions<DatasetOptions> options) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.PrepareAtStart && !EmojiPack.State(folder.Root).Prepared)
            datasets.TryBegin();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => datasets.StopAsync();
}
