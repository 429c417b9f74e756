using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Datasets;

/// <summary>Knows which datasets there are and fetches the emoji pack in the background.</summary>
public sealed class DatasetService
{
    /// <summary>Raised when something about a dataset changed, from any thread; at most a few times a second.</summary>
    public event Action? Changed { add => throw new NotImplementedException(); remove => throw new NotImplementedException(); }

    /// <summary>All datasets, in the order to show them.</summary>
    public IReadOnlyList<DatasetView> List() => throw new NotImplementedException();

    /// <summary>Tries the preparation of a missing or broken dataset again. Null when it began, else why not.</summary>
    public Refusal? Retry(string datasetId, Viewer viewer) => throw new NotImplementedException();
}
