using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using CrabStudio.Media;
using CrabStudio.Model.Generation;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrabStudio.Web.Services;

/// <summary>
/// Fills a data folder with made-up sessions, to try and to measure lists of many. Their clips are real little sounds; their
/// answers are sentences put together by chance, marked as of untrained weights, without tokens and routes. The same number
/// and seed make the same texts.
/// </summary>
/// <param name="folder">The data folder.</param>
public sealed class SessionSeed(DataFolder folder)
{
    /// <summary>Labels of events in the answers. The last one is rare: one session of <see cref="RareEvery"/>.</summary>
    public static readonly IReadOnlyList<string> Labels = ["dog barking", "church bell", "car horn", "violin", "speech", "rain", "狗叫声", "教堂钟声", "лай собаки", "frying food", "train", "glass breaking"];

    /// <summary>How rare the last label is.</summary>
    public const int RareEvery = 500;

    private const int AtATime = 500;
    private const int Rate = 8000;

    private static readonly string[] Tasks = ["ave", "avvp", "avqa", "", "ave", "meld", "avcap"];
    private static readonly string[] Tags = ["interesting", "wrong", "check", "paper", "重要", "later"];
    private static readonly string[] Folders = ["", "", "kitchen", "street", "music/strings", "一月"];
    private static readonly string[] Places = ["kitchen", "street", "station", "studio", "forest", "church", "harbour", "office"];
    private static readonly string[] Adjectives = ["loud", "faint", "short", "long", "distant", "sudden", "steady", "clear"];
    private static readonly string[] Models = ["crab-small", "crab-plus-7b", "crab-small-v2"];

    /// <summary>Makes sessions.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Where chance begins.</param>
    /// <param name="progress">Told how many are there.</param>
    /// <param name="cancellation">Ends it; then none is made.</param>
    /// <exception cref="MediaException">The clips cannot be kept.</exception>
    public async Task FillAsync(int count, int seed, IProgress<int>? progress, CancellationToken cancellation)
    {
        Random random = new(seed);
        List<Clip> clips = [];
        using (ClipLibrary library = new(folder, new StudioOptions { ModelFolder = "", DataFolder = folder.Path }, NullLogger<ClipLibrary>.Instance))
        {
            foreach ((string place, int index) in Places.Select((place, index) => (place, index)))
            {
                using MemoryStream sound = new(Tone(220 + (55 * index)));
                clips.Add(await library.AddAsync(sound, string.Create(CultureInfo.InvariantCulture, $"{place}_{index:000}.wav"), cancellation));
            }
        }

        string[] models = [.. Models.Select(name => JsonSerializer.Serialize(new ModelFacts(name, "seed", Untrained: true, 1, 1, 1, 3, 4, 8, ["text.q"], ["audio.q"], ["vision.q"], "fp32", "cpu", 4096), StudioJson.Options))];
        DateTimeOffset last = new(DateTime.UtcNow.Date, TimeSpan.Zero);
        await using StudioDatabase database = folder.CreateDbContext();
        await using var transaction = await database.Database.BeginTransactionAsync(cancellation);
        using Rows<Session> sessions = new(database);
        using Rows<SessionClip> used = new(database);
        using Rows<SessionTag> tags = new(database);
        using Rows<Answer> answers = new(database);
        using Rows<AnswerEventRow> events = new(database);
        for (int made = 0; made < count; made++)
        {
            cancellation.ThrowIfCancellationRequested();
            Session session = Make(random, made, clips, models, last.AddMinutes(-37 * made));
            sessions.Add([session]);
            used.Add(session.Clips);
            tags.Add(session.Tags);
            answers.Add(session.Answers);
            events.Add(session.Answers.SelectMany(answer => AnswerStore.EventsOf(answer.Id, answer.Text)));
            if ((made + 1) % AtATime == 0 || made + 1 == count)
            {
                progress?.Report(made + 1);
            }
        }

        await transaction.CommitAsync(cancellation);
    }

    private static Session Make(Random random, int number, List<Clip> clips, string[] models, DateTimeOffset time)
    {
        Clip clip = Any(random, clips);
        Session session = new()
        {
            Id = Guid.NewGuid(),
            Title = string.Create(CultureInfo.InvariantCulture, $"{Any(random, Adjectives)} {Any(random, Labels.Take(Labels.Count - 1).ToArray())}, {Any(random, Places)} {number:00000}"),
            CreatedAt = time.AddMinutes(-10),
            UpdatedAt = time,
            Notes = random.Next(10) == 0 ? $"Heard twice; the {Any(random, Adjectives)} part is doubtful. 需要再听一遍." : "",
            Folder = Any(random, Folders),
            Starred = random.Next(20) == 0,
        };
        session.Clips.Add(new SessionClip { SessionId = session.Id, Position = 0, ClipId = clip.Id });
        session.Tags.AddRange(Tags.Where(_ => random.Next(5) == 0).Select(tag => new SessionTag { SessionId = session.Id, Tag = tag }));
        for (int answers = 1 + random.Next(3), at = 0; at < answers; at++)
        {
            string task = Any(random, Tasks);
            string label = number % RareEvery == 0 && at == 0 ? Labels[^1] : Labels[random.Next(Labels.Count - 1)];
            int start = random.Next(8), end = start + 1 + random.Next(10 - start);
            string text = string.Create(CultureInfo.InvariantCulture, $"A {Any(random, Adjectives)} sound comes from the {Any(random, Places)}, then a {Any(random, Adjectives)} one. <event> {label} </event> <range> {start},{end} </range>. After it the {Any(random, Places)} is {Any(random, Adjectives)} again.");
            string question = task.Length == 0 ? $"Is the {Any(random, Places)} {Any(random, Adjectives)}? 听到了什么？" : $"What happens when in the {Any(random, Places)}?";
            session.Answers.Add(new Answer
            {
                Id = Guid.NewGuid(),
                SessionId = session.Id,
                TaskKey = task,
                InputJson = JsonSerializer.Serialize(new TaskInput(question), StudioJson.Options),
                QuestionText = question,
                ConversationJson = JsonSerializer.Serialize(new Conversation(task, [new AudioItem(clip.Id.ToString()), new TextItem(question)]), StudioJson.Options),
                MaxNewTokens = 512,
                Status = random.Next(25) == 0 ? AnswerStatus.Failed : AnswerStatus.Done,
                FinishReason = "EndOfText",
                Text = text,
                ModelJson = Any(random, models),
                AskedAt = time.AddMinutes(at - answers),
                FirstTokenSeconds = 0.5,
                TotalSeconds = 2,
            });
        }

        return session;
    }

    private static T Any<T>(Random random, IReadOnlyList<T> all) => all[random.Next(all.Count)];

    /// <summary>A quarter of a second of a tone as a WAV file of 16 bits.</summary>
    private static byte[] Tone(double hertz)
    {
        const int Header = 44, Samples = Rate / 4;
        byte[] wav = new byte[Header + (2 * Samples)];
        "RIFF"u8.CopyTo(wav);
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(4), wav.Length - 8);
        "WAVEfmt "u8.CopyTo(wav.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(20), 1);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(24), Rate);
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(28), 2 * Rate);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(32), 2);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(34), 16);
        "data"u8.CopyTo(wav.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(40), 2 * Samples);
        for (int sample = 0; sample < Samples; sample++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(Header + (2 * sample)), (short)(8000 * Math.Sin(2 * Math.PI * hertz * sample / Rate)));
        }

        return wav;
    }

    /// <summary>Writes rows of one kind by one prepared command, which is several times as fast as one by one.</summary>
    private sealed class Rows<T> : IDisposable where T : class
    {
        private readonly SqliteCommand command;
        private readonly IProperty[] properties;

        public Rows(StudioDatabase database)
        {
            IEntityType type = database.Model.FindEntityType(typeof(T))!;
            properties = [.. type.GetProperties()];
            command = ((SqliteConnection)database.Database.GetDbConnection()).CreateCommand();
            command.Transaction = (SqliteTransaction)database.Database.CurrentTransaction!.GetDbTransaction();
            command.CommandText = $"INSERT INTO \"{type.GetTableName()}\" ({string.Join(", ", properties.Select(property => $"\"{property.GetColumnName()}\""))}) VALUES ({string.Join(", ", properties.Select((_, index) => $"@p{index}"))})";
            for (int index = 0; index < properties.Length; index++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"@p{index}" });
            }
        }

        public void Add(IEnumerable<T> rows)
        {
            foreach (T row in rows)
            {
                for (int index = 0; index < properties.Length; index++)
                {
                    object? value = properties[index].PropertyInfo!.GetValue(row);
                    command.Parameters[index].Value = (value is not null && properties[index].GetTypeMapping().Converter is { } converter ? converter.ConvertToProvider(value) : value) ?? DBNull.Value;
                }

                command.ExecuteNonQuery();
            }
        }

        public void Dispose() => command.Dispose();
    }
}
