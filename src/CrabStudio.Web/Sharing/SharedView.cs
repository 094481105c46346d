using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Web.Api;
using CrabStudio.Web.Components.Answers;

namespace CrabStudio.Web.Sharing;

/// <summary>All that a reader's page shows, as it stands in the page (<c>viewer.js</c> draws it).</summary>
/// <param name="Title">Name of the session.</param>
/// <param name="Language">Language of the page.</param>
/// <param name="Offline">Whether everything is in the page, which then needs neither a studio nor a network.</param>
/// <param name="MadeAt">When it was put together.</param>
/// <param name="Clips">The session's clips, by position.</param>
/// <param name="Answer">The answer shown; null: nothing was asked yet.</param>
/// <param name="Others">The session's answers, among which a reader chooses; empty where there is but one.</param>
/// <param name="Words">The page's own words in its language (<see cref="ViewerWords"/>).</param>
internal sealed record SharedView(
    string Title,
    string Language,
    bool Offline,
    DateTimeOffset MadeAt,
    IReadOnlyList<SharedClip> Clips,
    SharedAnswer? Answer,
    IReadOnlyList<SharedLine> Others,
    IReadOnlyDictionary<string, string> Words);

/// <summary>A clip.</summary>
/// <param name="Name">The name a person knows it by.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Seconds">Length of its time axis; 0 of a picture.</param>
/// <param name="HasSound">Whether there is anything to hear.</param>
/// <param name="Facts">Length, size and so on in words.</param>
/// <param name="Source">Address of what is played, or <c>#id</c> of the part of the page that holds it; null: not there.</param>
/// <param name="Type">Its media type.</param>
/// <param name="Word">What there is to say of it: that it is a smaller copy, or why it is not there; null: nothing.</param>
/// <param name="Poster">A picture of it, addressed likewise; null: none.</param>
/// <param name="Waveform">The outline of its sound (<see cref="Media.Waveform"/>); null: none.</param>
/// <param name="Lanes">Events on its time axis: the model's, corrected ones, true ones.</param>
/// <param name="Marks">Boxes and points that people drew on it.</param>
internal sealed record SharedClip(
    string Name,
    ClipKind Kind,
    double Seconds,
    bool HasSound,
    string Facts,
    string? Source,
    string? Type,
    string? Word,
    string? Poster,
    JsonElement? Waveform,
    IReadOnlyList<Lane> Lanes,
    IReadOnlyList<SharedMark> Marks);

/// <summary>A box or a point that a person drew.</summary>
/// <param name="Source">corrected or truth.</param>
/// <param name="Label">What it is.</param>
/// <param name="Seconds">Time of the frame.</param>
/// <param name="Where">Two numbers of a point, four of a box, in pixels of the clip's picture.</param>
internal sealed record SharedMark(string Source, string Label, double Seconds, IReadOnlyList<double> Where);

/// <summary>Another answer of the session.</summary>
/// <param name="Address">Where it is shown.</param>
/// <param name="Words">Its question.</param>
/// <param name="Status">Where it stands, in a word, and how the run was altered if it was.</param>
/// <param name="Current">Whether it is the one shown.</param>
internal sealed record SharedLine(string Address, string Words, string Status, bool Current);

/// <summary>An answer.</summary>
/// <param name="Task">Task key; of a free question, that it is one.</param>
/// <param name="Question">The words that the model was asked.</param>
/// <param name="Ending">How it ended, in words.</param>
/// <param name="Text">What the model said.</param>
/// <param name="Read">What was read from it.</param>
/// <param name="Facts">Names and values.</param>
/// <param name="Remarks">What must be known before anything is concluded from it.</param>
/// <param name="Seen">What was seen and heard, in words; null: it was not told.</param>
/// <param name="Frames">The very frames that the model saw.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Routing">Its routing; null: there is no adapter, or nothing was captured.</param>
internal sealed record SharedAnswer(
    string Task,
    string Question,
    string Ending,
    string Text,
    Localization Read,
    IReadOnlyList<SharedFact> Facts,
    IReadOnlyList<string> Remarks,
    string? Seen,
    IReadOnlyList<SharedFrame> Frames,
    IReadOnlyList<TokenShape> Tokens,
    SharedRouting? Routing);

/// <summary>A fact.</summary>
internal sealed record SharedFact(string Name, string Value);

/// <summary>A frame that the model saw.</summary>
/// <param name="Clip">Position of its clip.</param>
/// <param name="Seconds">Its time.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Still">Whether it is no frame of a video.</param>
/// <param name="Marked">Whether the answer's boxes and points may be about it.</param>
/// <param name="Source">Address of the picture, or <c>#id</c> of the part of the page that holds it; null: it is not there.</param>
internal sealed record SharedFrame(int Clip, double Seconds, int Width, int Height, bool Still, bool Marked, string? Source);

/// <summary>Router weights of an answer, as the run gave them. Floats are little-endian, 32 bits.</summary>
/// <param name="Experts">Number of experts.</param>
/// <param name="Linears">Names of the text decoder's linears.</param>
/// <param name="Routed">Indices of the tokens that have weights.</param>
/// <param name="Steps">[routed token, linear, expert].</param>
/// <param name="Prompt">Means over the prompt, part by part.</param>
internal sealed record SharedRouting(int Experts, IReadOnlyList<string> Linears, IReadOnlyList<int> Routed, byte[] Steps, IReadOnlyList<SharedMatrix> Prompt);

/// <summary>A mean over stated positions.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Over">What it is a mean of, in a sentence.</param>
/// <param name="Linears">Names.</param>
/// <param name="Weights">[linear, expert].</param>
internal sealed record SharedMatrix(string Name, string Over, IReadOnlyList<string> Linears, byte[] Weights);
