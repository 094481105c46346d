using System.Text;

namespace CrabStudio.Model.Tokenization;

/// <summary>The 256 printable characters in which byte-level BPE writes the 256 bytes.</summary>
internal static class ByteAlphabet
{
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The characters, by byte, as texts of one character.</summary>
    public static IReadOnlyList<string> Characters { get; } = [.. MakeCharacters().Select(character => character.ToString())];

    /// <summary>
    /// The bytes that a token stands for. A token with a character outside the alphabet stands for itself in UTF-8, as in
    /// the original's decoder.
    /// </summary>
    public static byte[] Decode(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < token.Length; i++)
        {
            char character = token[i];
            if (character >= Bytes.Length || Bytes[character] < 0)
            {
                return Encoding.UTF8.GetBytes(token);
            }

            bytes[i] = (byte)Bytes[character];
        }

        return bytes;
    }

    // Printable Latin-1 bytes stand for themselves, the others follow from U+0100 on.
    private static char[] MakeCharacters()
    {
        char[] characters = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = (char)(printable ? value : next++);
        }

        return characters;
    }

    private static short[] MakeBytes()
    {
        char[] characters = MakeCharacters();
        short[] bytes = new short[characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < characters.Length; value++)
        {
            bytes[characters[value]] = (short)value;
        }

        return bytes;
    }
}
