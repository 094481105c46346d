using System.Globalization;
using CrabStudio.Tasks.AvUie;

namespace CrabStudio.World;

/// <summary>What a voice says in a take, and how: arguments of espeak-ng. Voices and sentences of the splits have nothing in common.</summary>
internal static class VoiceScript
{
    private static readonly string[] Accents = ["en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc"];

    private static readonly string[] TrainVoices =
    [
        "m1", "m2", "m3", "m5", "m6", "m7", "f1", "f2", "f4", "f5", "klatt", "klatt2", "klatt4", "adam", "Alex", "Alicia", "Andrea", "anika", "announcer", "antonio", "aunty", "belinda",
        "benjamin", "boris", "david", "Denis", "Diogo", "ed", "edward", "Gene", "grandma", "grandpa", "gustave", "Henrique", "Hugo", "iven", "iven2", "Jacky", "john", "Lee", "linda", "marcelo",
        "Marco", "Mario", "max", "michel", "Mike", "norbert", "pablo", "paul", "quincy", "rob", "robert", "sandro", "steph", "steph2", "travis", "victor", "zac", "fast",
    ];

    private static readonly string[] TestVoices = ["m4", "m8", "f3", "klatt3", "Annie", "Andy", "caleb", "edward2", "Gene2", "iven3", "kaukovalta", "Michael", "miguel", "Nguyen", "pedro", "shelby", "steph3"];

    private static readonly Dictionary<string, (string[] Train, string[] Test)> Sentences = new()
    {
        ["speech"] = (
            [
                "The train leaves the station at seven", "We keep the tools in the cellar", "My neighbour paints houses for a living", "The library opens again on Monday", "Put the letters on the kitchen table",
                "The river runs north of the village", "They planted beans behind the barn", "A cup of flour and two of milk", "The second road leads to the harbour", "Our teacher comes from a small town",
                "Every window has a wooden frame", "The report has nine pages and a map", "He reads the paper after breakfast", "The bakery sells rolls until noon", "Turn left where the bridge begins", "She carries the boxes to the van",
            ],
            ["The ferry crosses the lake twice a day", "Most shops here close at six", "The gardener cuts the hedge in spring", "Write the number on the green card", "His cousin repairs old clocks", "The path goes up behind the mill"]),
        ["neutral"] = (
            ["The meeting is in the large room", "I will take the bus at nine", "The box is on the lower shelf", "It is about four miles from here", "The forms are next to the door", "We have two of them left", "The office is on the third floor", "That is the usual way to do it"],
            ["The key hangs beside the mirror", "It takes half an hour by car", "The papers are in the drawer", "They come here every Thursday"]),
        ["happy"] = (
            ["What a lovely day this is", "I am so glad that you came", "We won the game, hurray", "This is the best news ever", "I love this song so much", "Everything went so well today", "You made my day, thank you", "We are going on holiday at last"],
            ["How wonderful to see you again", "I passed, I really passed", "This cake is just delicious", "I could dance all night"]),
        ["sad"] = (
            ["I miss her more every day", "Nothing is the way it was", "He left and did not say goodbye", "I have lost all of my friends", "The old dog died last night", "There is no hope any more", "I wish I could go back home", "It hurts to think of him"],
            ["She will never come back", "I cannot stop crying", "We had to sell the house", "Nobody came to the funeral"]),
        ["angry"] = (
            ["Get out of my house now", "How dare you talk to me like that", "I told you not to touch it", "Stop lying to me right now", "This is the last time you do that", "I have had enough of your games", "You broke it and you know it", "Leave me alone, do you hear"],
            ["Who gave you the right to do this", "Shut that door at once", "I will not stand for this", "Give it back to me"]),
        ["surprise"] = (
            ["Oh, is that really you", "Wow, where does that come from", "What, all of this is for me", "I never thought I would see that", "Oh my, it can talk", "Really, you did it all alone", "Look at that, how is it possible", "No way, that is my name"],
            ["Goodness, it has grown so tall", "What, you are here already", "Oh, I did not expect that", "Is that true, he is a king"]),
        ["fear"] = (
            ["Help, someone is behind the door", "Run, it is coming after us", "Please do not hurt me", "There is something in the dark", "We will fall, hold on to me", "I heard steps in the empty house", "Do not leave me alone in here", "Oh no, the ice is breaking"],
            ["Who is there, please answer", "The fire is coming closer", "I cannot move, I am so scared", "Hide, quick, they can see us"]),
        ["disgust"] = (
            ["Yuck, this milk has gone bad", "That smell makes me sick", "Take this filthy thing away", "Ugh, there is a hair in my soup", "I will never eat that again", "These rotten eggs are revolting", "What a nasty and dirty place", "Ugh, it is full of slime"],
            ["Yuck, worms are crawling in it", "That is simply disgusting", "This fish stinks to heaven", "Ugh, do not make me touch it"]),
    };

    /// <summary>The kinds of voices: speech, and the names of the emotions.</summary>
    public static bool Has(string kind) => Sentences.ContainsKey(kind);

    /// <summary>The arguments of espeak-ng for a take; its output is a WAV file on standard output.</summary>
    /// <param name="kind">Speech, or the name of an emotion.</param>
    /// <param name="split">Whose voices and sentences.</param>
    /// <param name="take">The number of the take.</param>
    public static string[] Arguments(string kind, AvUieSplit split, int take)
    {
        WorldRandom random = new(WorldRandom.Key((ulong)take, $"take {split} {kind}"));
        WorldEmotion mood = WorldCatalog.Emotions.FirstOrDefault(emotion => emotion.Name == kind) ?? WorldCatalog.Emotions[0];
        (string[] train, string[] test) = Sentences[kind];
        string voice = $"{random.Of(Accents)}+{random.Of(split == AvUieSplit.Test ? TestVoices : TrainVoices)}";
        int pitch = Math.Clamp(mood.Pitch + random.Between(-7, 7), 0, 99), speed = mood.Speed + random.Between(-12, 12);
        string text = string.Join(". ", random.Shuffled(split == AvUieSplit.Test ? test : train)[..4]) + ".";
        return ["-v", voice, "-p", pitch.ToString(CultureInfo.InvariantCulture), "-s", speed.ToString(CultureInfo.InvariantCulture), "--stdout", text];
    }
}
