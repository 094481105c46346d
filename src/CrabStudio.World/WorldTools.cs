using System.Security.Cryptography;
using CrabStudio.Media;

namespace CrabStudio.World;

/// <summary>What the world is rendered with: programs, the soundfont and the emoji font.</summary>
public static class WorldTools
{
    /// <summary>Names another soundfont than that of the system.</summary>
    public const string SoundfontVariable = "CRAB_SOUNDFONT";

    /// <summary>Names another emoji font than that of the system.</summary>
    public const string FontVariable = "CRAB_EMOJI_FONT";

    private static readonly string[] Soundfonts = ["/usr/share/sounds/sf3/MuseScore_General_Lite.sf3", "/usr/share/soundfonts/MuseScore_General_Lite.sf3"];
    private static readonly string[] Fonts = ["/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf", "/usr/share/fonts/noto/NotoColorEmoji.ttf", "/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf"];
    private static readonly Lazy<string> SoundfontDigest = new(() => Digest(Soundfont));

    /// <summary>The soundfont.</summary>
    /// <exception cref="WorldException">It is not there.</exception>
    public static string Soundfont => File(SoundfontVariable, Soundfonts) ?? throw Missing("musescore-general-soundfont-small");

    /// <summary>The emoji font.</summary>
    /// <exception cref="WorldException">It is not there.</exception>
    public static string Font => File(FontVariable, Fonts) ?? throw Missing("fonts-noto-color-emoji");

    /// <summary>A number that stands for the soundfont's content.</summary>
    internal static string SoundfontId => SoundfontDigest.Value;

    /// <summary>Names everything that is missing at once.</summary>
    /// <exception cref="WorldException">Something is missing.</exception>
    public static void Check()
    {
        List<string> missing = [];
        foreach (string tool in new[] { "fluidsynth", "espeak-ng", "ffmpeg" })
        {
            if (Locate(tool) is null)
            {
                missing.Add(tool);
            }
        }

        if (File(SoundfontVariable, Soundfonts) is null)
        {
            missing.Add("musescore-general-soundfont-small");
        }

        if (File(FontVariable, Fonts) is null)
        {
            missing.Add("fonts-noto-color-emoji");
        }

        if (missing.Count > 0)
        {
            throw Missing([.. missing]);
        }
    }

    /// <summary>The path of a program.</summary>
    /// <exception cref="WorldException">It is not there.</exception>
    internal static string Find(string tool) => Locate(tool) ?? throw Missing(tool);

    private static string? Locate(string tool)
    {
        try
        {
            return ToolProcess.Find(tool);
        }
        catch (MediaException)
        {
            return null;
        }
    }

    private static string? File(string variable, string[] places) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named
        ? (System.IO.File.Exists(named) ? named : null)
        : places.FirstOrDefault(System.IO.File.Exists);

    private static string Digest(string path)
    {
        using FileStream stream = System.IO.File.OpenRead(path);
        Span<byte> head = stackalloc byte[12];
        // fluidsynth would take another soundfont of the system without a word that reaches us.
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.StartsWith("RIFF"u8) || !head.EndsWith("sfbk"u8))
        {
            throw new WorldException($"{path} is no soundfont; expected one such as that of the package musescore-general-soundfont-small");
        }

        stream.Position = 0;
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static WorldException Missing(params string[] packages) =>
        new($"{string.Join(", ", packages)} not found, without which the world cannot be rendered; install with: sudo apt-get install -y {string.Join(' ', packages)}");
}
