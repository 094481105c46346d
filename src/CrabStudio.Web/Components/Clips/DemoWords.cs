using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Clips;

/// <summary>What the clips that come with the studio are called, in the language of a page. Those that somebody added keep the words of their list.</summary>
public static class DemoWords
{
    /// <summary>What a person calls it.</summary>
    public static string Title(Demo demo, IStringLocalizer<Words> L) => demo.Title switch
    {
        "Heard here, seen there" => L["Heard here, seen there"],
        "One event" => L["One event"],
        "A question" => L["A question"],
        "A question with options" => L["A question with options"],
        "A scene to describe" => L["A scene to describe"],
        "Another scene" => L["Another scene"],
        "Which one sounds?" => L["Which one sounds?"],
        "Find the source" => L["Find the source"],
        "Something moves" => L["Something moves"],
        "Something else moves" => L["Something else moves"],
        "A face and a voice" => L["A face and a voice"],
        "Another face" => L["Another face"],
        "One sound, two videos" => L["One sound, two videos"],
        "One video, two sounds" => L["One video, two sounds"],
        _ => demo.Title,
    };

    /// <summary>One sentence that does not give the answer away.</summary>
    public static string Description(Demo demo, IStringLocalizer<Words> L) => demo.Description switch
    {
        "Ten seconds: what is heard, what is seen, and when?" => L["Ten seconds: what is heard, what is seen, and when?"],
        "Ten seconds: something is heard and seen at once. From when to when?" => L["Ten seconds: something is heard and seen at once. From when to when?"],
        "Ten seconds and one question about them." => L["Ten seconds and one question about them."],
        "Ten seconds, one question, three answers to choose from." => L["Ten seconds, one question, three answers to choose from."],
        "Ten seconds: who is where, and what is heard?" => L["Ten seconds: who is where, and what is heard?"],
        "A picture and a sound. The thing that sounds is in the picture: where?" => L["A picture and a sound. The thing that sounds is in the picture: where?"],
        "A picture and a sound: a box around what is heard." => L["A picture and a sound: a box around what is heard."],
        "Four seconds of one thing in motion." => L["Four seconds of one thing in motion."],
        "Four seconds of an emoji that speaks: how does it feel?" => L["Four seconds of an emoji that speaks: how does it feel?"],
        "Which of the two videos belongs to the sound?" => L["Which of the two videos belongs to the sound?"],
        "Which of the two sounds belongs to the video?" => L["Which of the two sounds belongs to the video?"],
        _ => demo.Description,
    };
}
