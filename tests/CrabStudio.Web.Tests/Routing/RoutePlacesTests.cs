using CrabStudio.Model.Generation;
using CrabStudio.Model.Vision;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Routing;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests.Routing;

public sealed class RoutePlacesTests
{
    private static readonly Guid Clip = Guid.NewGuid(), Other = Guid.NewGuid();

    [Fact]
    public void SoundPositionsLieAtTwentyFiveASecondAndTowerFramesAtFifty()
    {
        RoutePlaces places = RoutePlaces.From(Seen([], [(Clip, 2)], new PromptSpan(PromptPart.Text, 0, 3), new PromptSpan(PromptPart.Audio, 3, 50)), Heard(Item()), 4, 100, 0);
        Assert.Equal((null, PromptPart.Text), (places.Text[2].From, places.Text[2].Part));
        Assert.Equal((0.0, 0.04), (places.Text[3].From, places.Text[3].To));
        Assert.Equal(1.96, places.Text[52].From!.Value, 9);
        Assert.Equal(100, places.Audio.Count);
        Assert.Equal(1.98, places.Audio[99].From!.Value, 9);
        Assert.All(places.Audio, place => Assert.Equal(Clip, place.Clip));
        Assert.Empty(places.Missing);
    }

    [Fact]
    public void TheOneWindowOfASegmentationTaskLiesWhereItWasCut()
    {
        RoutePlaces places = RoutePlaces.From(Seen([], [(Clip, 1)], new PromptSpan(PromptPart.Audio, 0, 25)), Heard(Item("ms3", 3)), 4, 50, 0);
        Assert.Equal((3.0, 3.96), (places.Text[0].From!.Value, Math.Round(places.Text[24].From!.Value, 6)));
        // A window beyond the clip is silence, which is no time of it.
        Assert.All(RoutePlaces.From(Seen([], [(Clip, 1)], new PromptSpan(PromptPart.Audio, 0, 25)), Heard(Item("ms3", 7)), 4, 50, 0).Text, place => Assert.Null(place.From));
    }

    [Fact]
    public void TheTenWindowsOfSixtySecondsLieWhereTheSlicerTookThem()
    {
        // Each second of a clip says its number, so that the slicer itself tells where a sample came from.
        float[] whole = [.. Enumerable.Range(0, 60 * 16000).Select(sample => sample / 16000f)];
        float[] heard = AudioWindows.Slice("avqa", whole, null);
        double seconds = heard.Length / 16000.0;
        RoutePlaces places = RoutePlaces.From(Seen([], [(Clip, seconds)], new PromptSpan(PromptPart.Audio, 0, (int)(seconds * 25))), Heard(Item("avqa")), 4, (int)(seconds * 50), 0);
        Assert.Null(places.Text[0].From);
        int timed = 0;
        for (int position = 0; position < places.Text.Count; position++)
        {
            if (places.Text[position].From is { } from)
            {
                Assert.Equal(heard[(int)Math.Round((position + 0.5) * 640)], from + 0.02, 0.021);
                timed++;
            }
        }

        Assert.True(timed >= places.Text.Count - 13, $"{timed} of {places.Text.Count} positions have a time");
    }

    [Fact]
    public void JoinedSoundsEachKeepTheirOwnClipAndTime()
    {
        SeenFacts seen = Seen([], [(Clip, 3)], new PromptSpan(PromptPart.Audio, 0, 75));
        Conversation asked = Heard(Item("v2a"), Item("v2a"));
        RoutePlaces places = RoutePlaces.From(seen with { Sounds = [new HeardSoundFacts(Clip, 3) { Parts = [new HeardPart(Clip, 1), new HeardPart(Other, 2)] }] }, asked, 4, 150, 0);
        Assert.Equal((Clip, 0.96), (places.Text[24].Clip, Math.Round(places.Text[24].From!.Value, 6)));
        Assert.Equal((Other, 0.0), (places.Text[25].Clip, Math.Round(places.Text[25].From!.Value, 6)));

        RoutePlaces old = RoutePlaces.From(seen, asked, 4, 150, 0);
        Assert.All(old.Text, place => Assert.Null(place.From));
        Assert.Contains("made before", Assert.Single(old.Missing));
    }

    [Fact]
    public void TwoFramesShareThePositionsOfTheirPatches()
    {
        SeenFacts seen = Seen([.. Enumerable.Range(0, 4).Select(number => Frame(number, number * 0.5))], [], new PromptSpan(PromptPart.Text, 0, 1), new PromptSpan(PromptPart.Video, 1, 12, 2, 2, 3));
        RoutePlaces places = RoutePlaces.From(seen, Heard(), 4, 0, 0);
        Assert.Equal(new RoutePlace(PromptPart.Video, Clip, 0, 0.5, 0, 1, 0, 0), places.Text[1]);
        Assert.Equal(new RoutePlace(PromptPart.Video, Clip, 0, 0.5, 0, 1, 1, 2), places.Text[6]);
        Assert.Equal(new RoutePlace(PromptPart.Video, Clip, 1, 1.5, 2, 3, 0, 0), places.Text[7]);
    }

    [Fact]
    public void AStillThatIsAPictureHasNoTimeAndOneOfAVideoHas()
    {
        SeenFacts picture = Seen([new SeenFrame(0, Clip, 0, 0, 224, 224, true)], [], new PromptSpan(PromptPart.Image, 0, 4, 1, 2, 2));
        Assert.Null(RoutePlaces.From(picture, Heard(), 4, 0, 0).Text[3].From);
        SeenFacts frame = Seen([new SeenFrame(0, Clip, 60, 2, 224, 224, true)], [], new PromptSpan(PromptPart.Image, 0, 4, 1, 2, 2));
        Assert.Equal(new RoutePlace(PromptPart.Image, Clip, 2, 2, 0, 0, 1, 1), RoutePlaces.From(frame, Heard(), 4, 0, 0).Text[3]);
    }

    [Fact]
    public void PatchesOfTheVisionTowerArePutBackFromWindowOrder()
    {
        // A grid of 4 × 4 merged patches in windows of 2 × 2; four patches to a merged one.
        SeenFacts seen = Seen([Frame(0, 0), Frame(1, 1)], [], new PromptSpan(PromptPart.Video, 0, 16, 1, 4, 4));
        RoutePlaces places = RoutePlaces.From(seen, Heard(), 2, 0, 64);
        int[] order = VisionGeometry.Windows([new VisionGrid(1, 8, 8)], 2, 2).Index;
        Assert.Equal(order, Enumerable.Range(0, 16).Select(merged => (places.Vision[4 * merged].Row * 4) + places.Vision[4 * merged].Column));
        // The second merged patch of the first window is the right neighbour, the third the one below.
        Assert.Equal((0, 1), (places.Vision[4].Row, places.Vision[4].Column));
        Assert.Equal((1, 0), (places.Vision[8].Row, places.Vision[8].Column));
        Assert.Equal(places.Vision[8], places.Vision[11]);
    }

    [Fact]
    public void StillsPassThroughTheVisionTowerBeforeVideos()
    {
        SeenFacts seen = Seen([Frame(0, 0), Frame(1, 1), new SeenFrame(2, Clip, 0, 0, 224, 224, true)], [], new PromptSpan(PromptPart.Video, 0, 4, 1, 2, 2), new PromptSpan(PromptPart.Image, 4, 1, 1, 1, 1));
        RoutePlaces places = RoutePlaces.From(seen, Heard(), 2, 0, 20);
        Assert.All(places.Vision.Take(4), place => Assert.Equal((PromptPart.Image, 2), (place.Part, place.Frame)));
        Assert.All(places.Vision.Skip(4), place => Assert.Equal((PromptPart.Video, 0), (place.Part, place.Frame)));
    }

    [Fact]
    public void AnAnswerFromBeforeTheOrderOfPatchesWasStoredKnowsTheirFramesOnlyAndSaysSo()
    {
        SeenFacts seen = Seen([.. Enumerable.Range(0, 4).Select(number => Frame(number, number))], [], new PromptSpan(PromptPart.Video, 0, 8, 2, 2, 2));
        RoutePlaces places = RoutePlaces.From(seen, Heard(), null, 0, 32);
        Assert.Contains("made before", Assert.Single(places.Missing));
        Assert.All(places.Vision, place => Assert.Equal((-1, -1), (place.Row, place.Column)));
        Assert.Equal([0, 2], places.Vision.Select(place => place.Frame).Distinct());
    }

    [Fact]
    public void CountsThatDoNotFitAreSaidAndGiveNoPlaces()
    {
        SeenFacts seen = Seen([Frame(0, 0), Frame(1, 1), Frame(2, 2)], [(Clip, 1)], new PromptSpan(PromptPart.Video, 0, 8, 2, 2, 2), new PromptSpan(PromptPart.Audio, 8, 25));
        RoutePlaces places = RoutePlaces.From(seen, Heard(Item()), 2, 77, 32);
        Assert.Equal(3, places.Missing.Count);
        Assert.All(places.Text.Take(8), place => Assert.Equal(-1, place.Frame));
        Assert.Equal((77, 32), (places.Audio.Count, places.Vision.Count));
        Assert.All(places.Audio, place => Assert.Null(place.From));
    }

    private static SeenFrame Frame(int number, double seconds) => new(number, Clip, number * 10, seconds, 224, 224, false);

    private static AudioItem Item(string? task = null, int? window = null) => new(Clip.ToString(), task, window);

    private static Conversation Heard(params ContentItem[] content) => new("", content);

    private static SeenFacts Seen(SeenFrame[] frames, (Guid Clip, double Seconds)[] sounds, params PromptSpan[] spans) =>
        new(frames, [.. sounds.Select(sound => new HeardSoundFacts(sound.Clip, sound.Seconds))], spans.Sum(span => span.Length), spans);
}
