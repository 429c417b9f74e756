using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Gallery;

/// <summary>What pages ask about the gallery and do with it.</summary>
public sealed class GalleryService
{
    /// <summary>A page of tiles, newest first. <paramref name="text"/> is looked for in title, prompt and author, each word.</summary>
    public Task<PostPage> ListAsync(string? text, string? after, int take, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>One post by its slug; null when there is none.</summary>
    public Task<PostDetails?> GetAsync(string slug, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Publishes a video of the viewer's sampling run.</summary>
    /// <param name="videoArtifactId">The artifact (kind <c>video</c>).</param>
    /// <param name="title">1–120 characters.</param>
    public Task<PublishResult> PublishAsync(Guid videoArtifactId, string title, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Takes a post out of the gallery. Null when done, else why not.</summary>
    public Task<Refusal?> RemoveAsync(Guid postId, Viewer viewer, CancellationToken cancellationToken) => throw new NotImplementedException();
}
