using System.Buffers.Binary;
using System.Text;

namespace MiniSora.Model.Native;

/// <summary>
/// TorchSharp's wrapper library is built with GCC 13 and asks libstdc++ for <c>GLIBCXX_3.4.32</c>, which Debian 12 and
/// Ubuntu 22.04 lack. One symbol carries that version: <c>std::ios_base_library_init()</c>, which older compilers
/// expressed as <c>std::ios_base::Init::Init()</c>. Three edits in place, none of which moves a byte, make it load:
/// the version need becomes weak, the symbol gets the older name, and the symbol's version becomes <c>GLIBCXX_3.4</c>.
/// <c>Init()</c> never touches its object (it only counts and initialises the global streams), so a call without one is sound.
/// </summary>
internal static class WrapperPatch
{
    internal const string NeededVersion = "GLIBCXX_3.4.32";
    private const string BaseVersion = "GLIBCXX_3.4";
    private const string NewSymbol = "_ZSt21ios_base_library_initv";
    private const string OldSymbol = "_ZNSt8ios_base4InitC1Ev";
    private const ushort WeakNeed = 2;

    /// <summary>An edited copy of <paramref name="original"/>; throws <see cref="NativeLoadException"/> when the file is not the one described above.</summary>
    internal static byte[] Apply(ReadOnlySpan<byte> original)
    {
        var elf = original.ToArray();
        if (elf.Length < 64 || !elf.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
            throw new NativeLoadException("The TorchSharp wrapper is not a 64-bit little-endian ELF file.");

        var sections = Sections(elf);
        var (strings, stringsLength) = Section(sections, ".dynstr");
        var (symbols, symbolsLength) = Section(sections, ".dynsym");
        var (versions, _) = Section(sections, ".gnu.version");
        var (needs, needsLength) = Section(sections, ".gnu.version_r");

        var entries = NeedsOf(elf, needs, needsLength, strings, "libstdc++.so.6");
        if (!entries.TryGetValue(NeededVersion, out var newest) || !entries.TryGetValue(BaseVersion, out var oldest))
            throw new NativeLoadException($"The TorchSharp wrapper does not ask for both {NeededVersion} and {BaseVersion}: this is another build than the edit was written for.");
        var newestIndex = Read16(elf, newest + 6);
        var oldestIndex = Read16(elf, oldest + 6);

        var carriers = new List<int>();
        for (var i = 0; i < symbolsLength / 24; i++)
        {
            if ((Read16(elf, versions + 2 * i) & 0x7FFF) == newestIndex) carriers.Add(i);
        }

        if (carriers.Count != 1) throw new NativeLoadException($"Expected one symbol with version {NeededVersion}, found {carriers.Count}: another build than the edit was written for.");
        var name = (int)Read32(elf, symbols + 24 * carriers[0]);
        if (name >= stringsLength || Text(elf, strings + name) != NewSymbol)
            throw new NativeLoadException($"The symbol with version {NeededVersion} is not {NewSymbol}: another build than the edit was written for.");
        for (var i = 0; i < symbolsLength / 24; i++)
        {
            // A linker may let one name end inside another: then the overwritten text would belong to two symbols.
            var other = (int)Read32(elf, symbols + 24 * i);
            if (i != carriers[0] && other >= name && other <= name + NewSymbol.Length)
                throw new NativeLoadException($"The name {NewSymbol} is shared by two symbols and cannot be overwritten.");
        }

        Write16(elf, newest + 4, WeakNeed);
        var text = elf.AsSpan(strings + name, NewSymbol.Length);
        text.Clear();
        Encoding.ASCII.GetBytes(OldSymbol, text);
        Write16(elf, versions + 2 * carriers[0], oldestIndex);
        return elf;
    }

    private static Dictionary<string, (int Offset, int Length)> Sections(byte[] elf)
    {
        var table = (int)Read64(elf, 40);
        var size = Read16(elf, 58);
        var count = Read16(elf, 60);
        var names = (int)Read64(elf, table + size * Read16(elf, 62) + 24);
        var sections = new Dictionary<string, (int, int)>();
        for (var i = 0; i < count; i++)
        {
            var header = table + size * i;
            sections[Text(elf, names + (int)Read32(elf, header))] = ((int)Read64(elf, header + 24), (int)Read64(elf, header + 32));
        }

        return sections;
    }

    private static (int Offset, int Length) Section(Dictionary<string, (int Offset, int Length)> sections, string name) =>
        sections.TryGetValue(name, out var section) ? section : throw new NativeLoadException($"The TorchSharp wrapper has no section {name}.");

    /// <summary>Offsets of the auxiliary entries (version name to entry) that <paramref name="library"/> must provide.</summary>
    private static Dictionary<string, int> NeedsOf(byte[] elf, int start, int length, int strings, string library)
    {
        var found = new Dictionary<string, int>();
        for (var need = start; need < start + length;)
        {
            if (Text(elf, strings + (int)Read32(elf, need + 4)) == library)
            {
                var entry = need + (int)Read32(elf, need + 8);
                for (var left = Read16(elf, need + 2); left > 0; left--)
                {
                    found[Text(elf, strings + (int)Read32(elf, entry + 8))] = entry;
                    entry += (int)Read32(elf, entry + 12);
                }
            }

            var next = (int)Read32(elf, need + 12);
            if (next == 0) break;
            need += next;
        }

        return found;
    }

    private static string Text(byte[] elf, int at)
    {
        var rest = elf.AsSpan(at);
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private static ushort Read16(byte[] elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(at));

    private static uint Read32(byte[] elf, int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(at));

    private static ulong Read64(byte[] elf, int at) => BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(at));

    private static void Write16(byte[] elf, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(at), value);
}
