using System;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Sets VER_FLG_WEAK on the version need GLIBCXX_3.4.32 of one 64-bit little-endian ELF library, when the host's
/// libstdc++ lacks that version. See LibTorchSharpCompat.targets for the reason. Idempotent; keeps size and time.
/// </summary>
public class WeakenUnusedGlibcxxVersion : Task
{
    private const string Version = "GLIBCXX_3.4.32";
    private const uint GnuVerneed = 0x6ffffffe;
    private const ushort WeakFlag = 2;

    [Required]
    public string Library { get; set; }

    public override bool Execute()
    {
        if (HostHasVersion())
        {
            return true;
        }

        byte[] file = File.ReadAllBytes(Library);
        int flags = FindFlags(file);
        if (flags < 0)
        {
            Log.LogMessage(MessageImportance.Normal, $"{Library}: no need for {Version} found, left as it is");
            return true;
        }

        ushort value = U16(file, flags);
        if ((value & WeakFlag) != 0)
        {
            return true;
        }

        file[flags] |= (byte)WeakFlag;
        DateTime time = File.GetLastWriteTimeUtc(Library);
        string temporary = Library + ".weak";
        File.WriteAllBytes(temporary, file);
        File.SetLastWriteTimeUtc(temporary, time);
        File.Delete(Library);
        File.Move(temporary, Library);
        Log.LogMessage(MessageImportance.Normal, $"{Library}: {Version} marked as weak");
        return true;
    }

    private static bool HostHasVersion()
    {
        string[] places = { "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib64/libstdc++.so.6", "/lib64/libstdc++.so.6", "/usr/lib/libstdc++.so.6" };
        string path = places.FirstOrDefault(File.Exists);
        // Latin-1 maps each byte to one character, so a text search is a byte search.
        return path != null && Encoding.GetEncoding(28591).GetString(File.ReadAllBytes(path)).Contains(Version + "\0");
    }

    /// <summary>The file offset of vna_flags of the wanted version need, or -1.</summary>
    private static int FindFlags(byte[] file)
    {
        if (file.Length < 64 || file[0] != 0x7f || file[1] != 'E' || file[2] != 'L' || file[3] != 'F' || file[4] != 2 || file[5] != 1)
        {
            return -1;
        }

        ulong headers = U64(file, 0x28);
        int size = U16(file, 0x3a), count = U16(file, 0x3c);
        for (int i = 0; i < count; i++)
        {
            int header = checked((int)headers + i * size);
            if (header + 64 > file.Length || U32(file, header + 4) != GnuVerneed)
            {
                continue;
            }

            int section = checked((int)U64(file, header + 0x18)), entries = (int)U32(file, header + 0x2c);
            int stringsHeader = checked((int)headers + (int)U32(file, header + 0x28) * size);
            int strings = checked((int)U64(file, stringsHeader + 0x18));
            for (int need = section, n = 0; n < entries; n++)
            {
                int aux = need + (int)U32(file, need + 8);
                for (int a = 0; a < U16(file, need + 2); a++)
                {
                    int name = strings + (int)U32(file, aux + 8);
                    int end = Array.IndexOf(file, (byte)0, name);
                    if (end > name && Encoding.ASCII.GetString(file, name, end - name) == Version)
                    {
                        return aux + 4;
                    }

                    aux += (int)U32(file, aux + 12);
                }

                need += (int)U32(file, need + 12);
            }
        }

        return -1;
    }

    private static ushort U16(byte[] file, int at) => (ushort)(file[at] | file[at + 1] << 8);

    private static uint U32(byte[] file, int at) => U16(file, at) | (uint)U16(file, at + 2) << 16;

    private static ulong U64(byte[] file, int at) => U32(file, at) | (ulong)U32(file, at + 4) << 32;
}
