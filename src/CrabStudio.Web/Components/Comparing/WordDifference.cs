using System.Text.RegularExpressions;
using DiffPlex;
using DiffPlex.Model;

namespace CrabStudio.Web.Components.Comparing;

/// <summary>What happened to a piece of text.</summary>
public enum WordChange
{
    /// <summary>It is in both.</summary>
    Same,

    /// <summary>It is in the first only.</summary>
    Removed,

    /// <summary>It is in the second only.</summary>
    Added,
}

/// <summary>A stretch of text with the same fate.</summary>
/// <param name="Text">The text.</param>
/// <param name="Change">What happened to it.</param>
public sealed record WordPiece(string Text, WordChange Change);

/// <summary>How two texts differ, word by word.</summary>
public static partial class WordDifference
{
    /// <summary>Pieces in order; without the removed ones they are the second text, without the added ones the first.</summary>
    public static IReadOnlyList<WordPiece> Between(string first, string second)
    {
        DiffResult result = Differ.Instance.CreateDiffs(first, second, ignoreWhiteSpace: false, ignoreCase: false, new Words());
        List<WordPiece> pieces = [];
        int at = 0;
        foreach (DiffBlock block in result.DiffBlocks)
        {
            Add(result.PiecesNew.Skip(at).Take(block.InsertStartB - at), WordChange.Same);
            Add(result.PiecesOld.Skip(block.DeleteStartA).Take(block.DeleteCountA), WordChange.Removed);
            Add(result.PiecesNew.Skip(block.InsertStartB).Take(block.InsertCountB), WordChange.Added);
            at = block.InsertStartB + block.InsertCountB;
        }

        Add(result.PiecesNew.Skip(at), WordChange.Same);
        return pieces;

        void Add(IEnumerable<string> words, WordChange change)
        {
            if (string.Concat(words) is { Length: > 0 } text)
            {
                pieces.Add(new WordPiece(text, change));
            }
        }
    }

    /// <summary>Words, runs of blanks, and marks one by one; a sign of Chinese or Japanese is a word of its own.</summary>
    private sealed partial class Words : IChunker
    {
        public IReadOnlyList<string> Chunk(string text) => [.. Pieces().Matches(text).Select(match => match.Value)];

        [GeneratedRegex(@"[\p{IsCJKUnifiedIdeographs}\p{IsHiragana}\p{IsKatakana}]|(?:(?![\p{IsCJKUnifiedIdeographs}\p{IsHiragana}\p{IsKatakana}])[\p{L}\p{M}\p{N}_])+|\s+|[\uD800-\uDBFF][\uDC00-\uDFFF]|.", RegexOptions.Singleline)]
        private static partial Regex Pieces();
    }
}
