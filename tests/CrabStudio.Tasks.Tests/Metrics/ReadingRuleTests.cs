using System.Numerics;
using CrabStudio.Tasks.Metrics;

namespace CrabStudio.Tasks.Tests.Metrics;

/// <summary>Corners of the rules by which answers are read that the reference texts do not reach.</summary>
public sealed class ReadingRuleTests
{
    [Theory]
    [InlineData("7", 7)]
    [InlineData(" \u00A0\u001C+1_0\t", 10)]
    [InlineData("-0", 0)]
    [InlineData("-３", -3)]
    [InlineData("𝟙𝟚٣", 123)]
    [InlineData("", null)]
    [InlineData("+", null)]
    [InlineData("_1", null)]
    [InlineData("1_", null)]
    [InlineData("1__0", null)]
    [InlineData("- 1", null)]
    [InlineData("1.0", null)]
    [InlineData("²", null)]
    [InlineData("\u200B1", null)]
    public void IntegersAreThoseOfPython(string text, int? value) => Assert.Equal(value, (int?)PythonText.Integer(text));

    [Fact]
    public void ANumberMayHave4300DigitsLeadingZerosCounted()
    {
        string longest = new string('0', 4299) + "5", tooLong = "0" + longest;

        Assert.Equal(new BigInteger(5), PythonText.Integer(longest));
        Assert.Null(PythonText.Integer(tooLong));
        Assert.Equal(CoordinateStatus.Ok, CoordinateRules.ReadS4Ms3($"[{longest},10,20,30][1,2]").Status);
        Assert.False(CoordinateRules.ReadS4Ms3($"[1,10,20,30][1,2][3,{tooLong}]").Found);
        Assert.Equal([new BigInteger(2), new BigInteger(5)], TagRules.ReadAve($"<event>Bus</event><range>1,{tooLong}</range><range>2,{longest}</range>").Ranges.SelectMany(range => new[] { range.Start, range.End }));
    }

    [Fact]
    public void OnlyTheScriptForRefAvsLeavesLaterBoxesUnconverted()
    {
        string text = $"<answer>true</answer>[1,10,20,30][1,2][5,5,9,{new string('9', 4301)}]";

        Assert.Equal(CoordinateStatus.CoordinateExtractionFailed, CoordinateRules.ReadS4Ms3(text).Status);
        Assert.Equal(CoordinateStatus.Ok, CoordinateRules.ReadRefAvs(text).Status);
    }

    [Fact]
    public void DigitsBeyondTheBasicPlaneAreDigitsOfCoordinatesAndRanges()
    {
        Assert.Equal(new AnswerBox(1, 10, 20, 30), CoordinateRules.ReadS4Ms3("[𝟙,1𝟘,٢0,３𝟬][1,2]").PromptBox);
        Assert.Equal("bus", TagRules.ReadAve("<event>Bus, (𝟚 ５)</event>").Event);
        Assert.Equal(new AnswerBox(1, 2, 3, 4), TagRules.ReadArigBox("<obj>(𝟙,2)(3,4)</obj>"));
    }

    [Theory]
    [InlineData("<event>Bus , (1 2)</event>", EventStatus.UnknownLabel)]
    [InlineData("<event>Bus,, (1 2)</event>", EventStatus.Ok)]
    [InlineData("<event>Bus (1 2)</event>", EventStatus.Ok)]
    [InlineData("<event>\u00A0Bus\u001F</event><range>1,2</range>", EventStatus.Ok)]
    [InlineData("<event>\u200BBus</event><range>1,2</range>", EventStatus.LabelUnknownAndNoRangeInEvent)]
    public void LabelsAreTrimmedAsTheScriptTrimsThem(string text, EventStatus status) => Assert.Equal(status, TagRules.ReadAve(text).Status);

    [Theory]
    [InlineData("<answer> A b </answer>", "A b")]
    [InlineData("<answer>\ncello\n</answer>", "cello")]
    [InlineData("</answer><answer>cello", null)]
    [InlineData("<answer>a</answer><answer>", null)]
    [InlineData("<answer>a</answer></answer>", null)]
    public void AnAnswerNeedsExactlyOneWellFormedPair(string text, string? answer) => Assert.Equal(answer, TagRules.ReadAnswer(text));

    [Theory]
    [InlineData("a2v", "one", "1")]
    [InlineData("v2a", "TWO", "2")]
    [InlineData("a2v", "three", null)]
    [InlineData("ks", "One", "one")]
    public void NumbersInWordsAreReadForTheTwoMatchingTasksOnly(string task, string answer, string? read) =>
        Assert.Equal(read, ClassificationScore.ReadAnswer(task, $"<answer>{answer}</answer>"));

    [Fact]
    public void OnlyTheSegmentationScriptsEndAtTheEndMark()
    {
        Assert.Equal("Bus", Assert.Single(TagRules.ReadEvents("Well.</s><event>Bus</event> <range>1,2</range>")).Label);
        Assert.Equal(new AnswerBox(1, 2, 3, 4), TagRules.ReadArigBox("Well.</s>[1,2,3,4]"));
        Assert.Equal("flute", TagRules.ReadAnswer("Well.</s><answer>flute</answer>"));
        Assert.False(CoordinateRules.ReadS4Ms3("Well.</s>[1,2,3,4][5,6]").Found);
    }

    [Fact]
    public void RunsOfSeparatorsInALabelAreOneUnderscore()
    {
        Assert.Equal("baby_cry_infant_cry", AvvpGrid.Normalise("Baby cry,\u00A0 infant__cry"));
        Assert.Equal("_car", AvvpGrid.Normalise(", Car"));
        Assert.All(TaskLabels.Avvp.Select((label, place) => (label, place)), one => Assert.Equal(one.place, AvvpGrid.ClassOf(one.label.ToUpperInvariant().Replace('_', ' '))));
    }
}
