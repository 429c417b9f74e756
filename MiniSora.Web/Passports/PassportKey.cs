using System.Text;
using MiniSora.Web.Storage;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

namespace MiniSora.Web.Passports;

/// <summary>
/// The portal's own Ed25519 key (RFC 8032). Its 32 bytes lie in the data folder beside the keys of cookies, readable by their owner
/// alone; whoever has them can sign in the portal's name. .NET 10 has no Ed25519 of its own, hence BouncyCastle.
/// </summary>
internal sealed class PassportKey
{
    private const int Bytes = 32;

    private readonly Ed25519PrivateKeyParameters secret;

    public PassportKey(DataFolder folder)
    {
        var path = PathOf(folder);
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: Bytes } known)
        {
            secret = new(known);
        }
        else
        {
            secret = new(new SecureRandom());
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new FileStream(path, options);
            file.Write(secret.GetEncoded());
            file.Flush(flushToDisk: true);
        }

        Public = Convert.ToBase64String(secret.GeneratePublicKey().GetEncoded());
    }

    /// <summary>Where the key lies.</summary>
    public static string PathOf(DataFolder folder) => Path.Combine(folder.Keys, "passport.ed25519");

    /// <summary>The public key, base64: what others check signatures with.</summary>
    public string Public { get; }

    /// <summary>Signature of a text, base64.</summary>
    public string Sign(string text)
    {
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, secret);
        var bytes = Encoding.UTF8.GetBytes(text);
        signer.BlockUpdate(bytes, 0, bytes.Length);
        return Convert.ToBase64String(signer.GenerateSignature());
    }

    /// <summary>Whether this portal signed the text.</summary>
    public bool Verifies(string text, string signature)
    {
        var given = new byte[Ed25519PrivateKeyParameters.SignatureSize];
        if (!Convert.TryFromBase64String(signature, given, out var length) || length != given.Length)
            return false;
        var signer = new Ed25519Signer();
        signer.Init(forSigning: false, secret.GeneratePublicKey());
        var bytes = Encoding.UTF8.GetBytes(text);
        signer.BlockUpdate(bytes, 0, bytes.Length);
        return signer.VerifySignature(given);
    }
}
