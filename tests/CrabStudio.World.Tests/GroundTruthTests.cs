using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World.Tests;

public sealed class GroundTruthTests
{
    [Theory]
    [InlineData(AvUieSplit.Train)]
    [InlineData(AvUieSplit.Test)]
    public void EverySecondIsLoudWhereASoundIsStatedAndQuietElsewhere(AvUieSplit split)
    {
        int loud = 0, quiet = 0;
        foreach (Scene scene in Worlds.Scenes("avvp", split == AvUieSplit.Train ? 40 : 12, split))
        {
            float[] samples = scene.RenderSound(Worlds.Bank);
            Assert.Equal(scene.Seconds * SoundBank.Rate, samples.Length);
            for (int second = 0; second < scene.Seconds; second++)
            {
                double rms = 32768 * Math.Sqrt(samples.Skip(second * SoundBank.Rate).Take(SoundBank.Rate).Average(sample => (double)sample * sample));
                WorldSound[] heard = [.. scene.Sounds[0].Sounds.Where(sound => second >= sound.Start && second < sound.End)];
                (loud, quiet) = heard.Length > 0 ? (loud + 1, quiet) : (loud, quiet + 1);
                Assert.True(heard.Length > 0 ? rms > 150 : rms < 8, $"{scene.Name}: second {second} has {rms:0} with {string.Join(", ", heard.Select(sound => sound.Label))}");
            }
        }

        Assert.True(loud > 40 && quiet > 15, $"{loud} loud and {quiet} quiet seconds prove little");
    }

    [Fact]
    public void EveryKindOfSoundIsLoudInEverySecondOfEveryTake()
    {
        List<string> faint = [];
        foreach (string kind in SoundBank.Kinds)
        {
            for (int take = 0; take < SoundBank.ChunkTakes; take++)
            {
                short[] samples = Worlds.Bank.Take(kind, AvUieSplit.Train, take).ToArray();
                for (int second = 0; second < 4; second++)
                {
                    double rms = Math.Sqrt(samples.Skip(second * SoundBank.Rate).Take(SoundBank.Rate).Average(sample => (double)sample * sample));
                    if (rms < 250)
                    {
                        faint.Add($"{kind}, take {take}: second {second} has {rms:0}");
                    }
                }
            }
        }

        Assert.True(faint.Count == 0, string.Join('\n', faint));
    }

    [Theory]
    [InlineData("avvp")]
    [InlineData("ks")]
    [InlineData("s4")]
    [InlineData("dfew")]
    public void PixelsDifferFromTheBackgroundInsideTheBoxesAndNowhereElse(string key)
    {
        byte[] frame = new byte[WorldStage.FrameBytes];
        int seen = 0, unseen = 0;
        foreach (Scene scene in Worlds.Scenes(key, 25))
        {
            WorldStage stage = scene.Pictures[0];
            byte[] empty = stage.Background.Paint();
            for (int at = 0; at < stage.Frames; at += 7)
            {
                stage.Render(at, frame);
                AnswerBox[] boxes = [.. stage.Objects.Select(one => one.BoxAt(at, stage.Frames)).OfType<AnswerBox>()];
                (seen, unseen) = (seen + boxes.Length, unseen + stage.Objects.Count - boxes.Length);
                int[] changed = new int[boxes.Length];
                bool[] left = new bool[boxes.Length], right = new bool[boxes.Length], top = new bool[boxes.Length], bottom = new bool[boxes.Length];
                for (int place = 0; place < WorldStage.Side * WorldStage.Side; place++)
                {
                    int difference = Enumerable.Range(place * 3, 3).Max(channel => Math.Abs(frame[channel] - empty[channel])), x = place % WorldStage.Side, y = place / WorldStage.Side;
                    if (difference == 0)
                    {
                        continue;
                    }

                    // Soft edges reach a little beyond what counts as the object.
                    Assert.True(difference < 3 || boxes.Any(box => x >= box.X1 - 3 && x <= box.X2 + 3 && y >= box.Y1 - 3 && y <= box.Y2 + 3), $"{scene.Name}, frame {at}: a pixel at {x},{y} differs by {difference} outside of all boxes");
                    for (int which = 0; which < boxes.Length; which++)
                    {
                        AnswerBox box = boxes[which];
                        if (x >= box.X1 && x <= box.X2 && y >= box.Y1 && y <= box.Y2)
                        {
                            changed[which]++;
                            (left[which], right[which], top[which], bottom[which]) = (left[which] | x <= box.X1 + 1, right[which] | x >= box.X2 - 1, top[which] | y <= box.Y1 + 1, bottom[which] | y >= box.Y2 - 1);
                        }
                    }
                }

                for (int which = 0; which < boxes.Length; which++)
                {
                    AnswerBox box = boxes[which];
                    long area = (box.X2 - box.X1 + 1) * (box.Y2 - box.Y1 + 1);
                    Assert.True(changed[which] > area / 5 && left[which] && right[which] && top[which] && bottom[which], $"{scene.Name}, frame {at}: the box {box} holds {changed[which]} pixels of an object, and not at all its edges");
                }
            }
        }

        Assert.True(seen > 20 && (key != "avvp" || unseen > 20), $"{seen} seen and {unseen} not");
    }

    [Fact]
    public void PointsLieOnTheObjectThatTheyStandFor()
    {
        byte[] frame = new byte[WorldStage.FrameBytes];
        foreach (Scene scene in Worlds.Scenes("s4", 30))
        {
            WorldStage stage = scene.Pictures[0];
            byte[] empty = stage.Background.Paint();
            foreach (WorldObject one in stage.Objects)
            {
                (stage with { Objects = [one] }).Render(0, frame);
                AnswerBox box = one.BoxAt(0, 1)!;
                Assert.Equal(3, one.PointsAt(0, 1).Count);
                foreach (AnswerPoint point in one.PointsAt(0, 1))
                {
                    Assert.True(point.X >= box.X1 && point.X <= box.X2 && point.Y >= box.Y1 && point.Y <= box.Y2, $"{scene.Name}: {point} is not in {box}");
                    int at = (int)((point.Y * WorldStage.Side) + point.X) * 3;
                    Assert.True(Enumerable.Range(at, 3).Sum(channel => Math.Abs(frame[channel] - empty[channel])) > 0, $"{scene.Name}: {point} shows the background");
                }
            }
        }
    }

    [Fact]
    public void EveryMotionButRestChangesThePictureFromOneSampledFrameToTheNext()
    {
        HashSet<WorldMotion> met = [];
        foreach (Scene scene in Worlds.Scenes("ks", 40))
        {
            WorldObject one = Assert.Single(scene.Pictures[0].Objects);
            met.Add(one.Motion);
            byte[] pixels = scene.RenderFrames(10).Pixels;
            int moves = Enumerable.Range(0, 9).Count(place => !pixels.AsSpan(place * WorldStage.FrameBytes, WorldStage.FrameBytes).SequenceEqual(pixels.AsSpan((place + 1) * WorldStage.FrameBytes, WorldStage.FrameBytes)));
            Assert.True(one.Motion == WorldMotion.Resting ? moves == 0 : moves >= 6, $"{scene.Name}: {one.Motion} changes {moves} of 9 times");
        }

        Assert.Equal(8, met.Count);
    }
}
