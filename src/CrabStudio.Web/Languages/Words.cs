namespace CrabStudio.Web.Languages;

/// <summary>
/// The words of the pages: <c>Words.zh-Hans.resx</c> beside this file holds the Chinese for each (<see cref="WordBook"/>). A key
/// is the English text itself, as the pages give it to their localizer, so that English has no file of its own; values are put
/// in by number, as in {0}. What comes from outside the pages stays as it came: names, answers, questions to the model,
/// messages of the API.
/// </summary>
public sealed class Words;
