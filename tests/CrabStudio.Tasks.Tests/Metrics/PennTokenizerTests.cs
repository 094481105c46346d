using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Tasks.Tests.Metrics;

/// <summary>Words of captions, beside those of PTBTokenizer of Stanford CoreNLP 3.4.1 (run, then pycocoevalcap's punctuation dropped).</summary>
public sealed class PennTokenizerTests
{
    [Theory]
    [InlineData("A man can't hear the dog's bark, and he'd rather not.", "a man ca n't hear the dog 's bark and he 'd rather not")]
    [InlineData("They're gonna play; she wanna sing.", "they 're gon na play she wan na sing")]
    [InlineData("It cannot be a \"drum-kit\", can it?", "it can not be a drum-kit can it")]
    [InlineData("The rock'n'roll band (from the U.S.) plays at 10:30 p.m. on 5/6/2013!", "the rock 'n' roll band -lrb- from the u.s. -rrb- plays at 10:30 p.m. on 5/6/2013")]
    [InlineData("Mr. Smith, Mrs. Jones and Dr. No, etc., and/or others...", "mr. smith mrs. jones and dr. no etc. and/or others")]
    [InlineData("She pays $5.50 or €3 – £2 – 20¢ for a 1/2-inch nail & 50% more.", "she pays $ 5.50 or $ 3 # 2 20 cents for a 1/2-inch nail & 50 % more")]
    [InlineData("Boys' voices, o'clock chimes, o'brien's shouts; ma'am 'tis loud...", "boys voices o'clock chimes o'brien 's shouts ma'am 't is loud")]
    [InlineData("The '90s song ‘Hello’ by “ABBA” isn't new", "the '90s song hello by abba is n't new")]
    [InlineData("Wow!! What?! No!", "wow !! what ?! no")]
    [InlineData("Play it at http://example.com/a?b=1 or www.example.org now", "play it at http://example.com/a?b=1 or www.example.org now")]
    [InlineData("A 20-year-old plays 1,000 notes -- well --- maybe", "a 20-year-old plays 1,000 notes well maybe")]
    [InlineData("a [loud] {crowd} <cheers> # 1 @home #music *", "a -lsb- loud -rsb- -lcb- crowd -rcb- <cheers> # 1 @home #music *")]
    [InlineData("naïve Café-Konzert 小提琴 ♪ 100 °C", "naïve café-konzert 小提琴 ♪ 100 ° c")]
    [InlineData("dogs''s tail and seven-U.S. troops", "dogs s tail and seven-u.s. troops")]
    [InlineData("", "")]
    public void CaptionsAreTakenApartAsByTheReferenceTokenizer(string caption, string words) => Assert.Equal(words, PennTokenizer.Join(caption));

    [Fact]
    public void NoTextOfWhateverSignsThrowsOrLeavesABlankInAWord()
    {
        Random random = new(11);
        string signs = "aAnN'’\"`.,!?-_ /&()[]{}:;=@#$*<>|\\~^0123\t\n\r\u00A0\u200B\u00AD\u0085\uD83C\uDFBBé小½€";
        for (int round = 0; round < 3000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => signs[random.Next(signs.Length)]));
            Assert.All(PennTokenizer.Tokenize(text), word => Assert.False(word.Length == 0 || word.Contains(' ') || word.Contains('\n'), $"“{word}” of “{text}”"));
        }
    }
}
