using System.Text;

namespace CrabStudio.Tasks.Exchange;

/// <summary>Files that are plain text.</summary>
internal static class TextSource
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of a file of UTF-8, with or without a mark of byte order.</summary>
    /// <exception cref="ExchangeException">It is no UTF-8; the line is told.</exception>
    public static string Decode(byte[] bytes, string file)
    {
        ReadOnlySpan<byte> text = bytes;
        text = text.StartsWith(Encoding.UTF8.Preamble) ? text[3..] : text;
        try
        {
            return Strict.GetString(text);
        }
        catch (DecoderFallbackException damage)
        {
            ReadOnlySpan<byte> before = text[..Math.Clamp(damage.Index, 0, text.Length)];
            throw new ExchangeException(file, new ExchangePlace(before.Count((byte)'\n') + 1), null, "holds bytes that are no UTF-8; save it as UTF-8");
        }
    }
}
