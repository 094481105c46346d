using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CrabStudio.Web.Data;

/// <summary>Everything that the studio remembers, apart from media files. Made by migrations; see <see cref="DataFolder"/>.</summary>
public sealed class StudioDatabase(DbContextOptions<StudioDatabase> options) : DbContext(options)
{
    // A trigram is three letters; the index holds nothing shorter.
    private const int LettersOfTerm = 3;

    /// <summary>Clips.</summary>
    public DbSet<Clip> Clips => Set<Clip>();

    /// <summary>Sessions.</summary>
    public DbSet<Session> Sessions => Set<Session>();

    /// <summary>Which clips a session is about.</summary>
    public DbSet<SessionClip> SessionClips => Set<SessionClip>();

    /// <summary>Answers.</summary>
    public DbSet<Answer> Answers => Set<Answer>();

    /// <summary>Tokens of answers.</summary>
    public DbSet<AnswerToken> Tokens => Set<AnswerToken>();

    /// <summary>Router weights of prompts.</summary>
    public DbSet<AnswerPrefillRoutes> PrefillRoutes => Set<AnswerPrefillRoutes>();

    /// <summary>Tags of sessions.</summary>
    public DbSet<SessionTag> SessionTags => Set<SessionTag>();

    /// <summary>Events that answers name.</summary>
    public DbSet<AnswerEventRow> AnswerEvents => Set<AnswerEventRow>();

    /// <summary>Timelines that people drew or corrected.</summary>
    public DbSet<StoredTimeline> Timelines => Set<StoredTimeline>();

    /// <summary>Links for readers.</summary>
    public DbSet<ShareLink> ShareLinks => Set<ShareLink>();

    /// <summary>The sessions whose texts hold a part, each once or several times, from the index (see the migration SessionSearch); the bin's too.</summary>
    /// <param name="part">What is looked for, in any script, whatever the case of its letters. At least one letter.</param>
    public IQueryable<Guid> Found(string part) => part.EnumerateRunes().Count() < LettersOfTerm
        ? Database.SqlQuery<Guid>($"""SELECT "SessionId" AS "Value" FROM "SearchTexts" WHERE holds("Text", {part})""")
        : Database.SqlQuery<Guid>($"""SELECT "SessionId" AS "Value" FROM "SearchTexts" WHERE "Id" IN (SELECT rowid FROM "SearchIndex" WHERE "SearchIndex" MATCH {Phrase(part)})""");

    /// <summary>Name of the model that gave an answer. In queries only: the database has an index over it.</summary>
    /// <param name="modelJson"><see cref="Answer.ModelJson"/>.</param>
    public static string? ModelName(string? modelJson) => throw new NotSupportedException("Only the database reads this.");

    /// <summary>Options for the database in a file.</summary>
    /// <param name="path">The file; made when it is not there.</param>
    public static DbContextOptions<StudioDatabase> OptionsFor(string path) => new DbContextOptionsBuilder<StudioDatabase>()
        .UseSqlite(new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 15 }.ToString())
        .AddInterceptors(Preparation.Instance)

        // Parts of sessions in the bin stay: their clips must not be taken for unused ones.
        .ConfigureWarnings(warnings => warnings.Ignore(CoreEventId.PossibleIncorrectRequiredNavigationWithQueryFilterInteractionWarning))
        .Options;

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDbFunction(() => ModelName(default)).HasTranslation(arguments => new SqlFunctionExpression(
            "json_extract", [arguments[0], new SqlConstantExpression("$.name", typeof(string), new StringTypeMapping("TEXT", null))], nullable: true, argumentsPropagateNullability: [true, false], typeof(string), arguments[0].TypeMapping));
        modelBuilder.Entity<Clip>().HasIndex(clip => clip.Sha256);
        modelBuilder.Entity<Clip>().HasIndex(clip => clip.AddedAt);
        modelBuilder.Entity<Session>().HasIndex(session => session.UpdatedAt);
        modelBuilder.Entity<Session>().HasMany(session => session.Clips).WithOne().HasForeignKey(clip => clip.SessionId);
        modelBuilder.Entity<Session>().HasMany(session => session.Answers).WithOne().HasForeignKey(answer => answer.SessionId);
        modelBuilder.Entity<Session>().HasIndex(session => session.DeletedAt);

        // What is in the bin is not there for anybody who does not look into the bin.
        modelBuilder.Entity<Session>().HasQueryFilter(session => session.DeletedAt == null);
        modelBuilder.Entity<Session>().HasMany(session => session.Tags).WithOne().HasForeignKey(tag => tag.SessionId);
        modelBuilder.Entity<SessionTag>().HasKey(tag => new { tag.SessionId, tag.Tag });
        modelBuilder.Entity<SessionTag>().HasIndex(tag => tag.Tag);
        modelBuilder.Entity<SessionClip>().HasKey(clip => new { clip.SessionId, clip.Position });
        modelBuilder.Entity<SessionClip>().HasOne(clip => clip.Clip).WithMany().HasForeignKey(clip => clip.ClipId).OnDelete(DeleteBehavior.Restrict);
        modelBuilder.Entity<Answer>().Property(answer => answer.Status).HasConversion<string>();
        modelBuilder.Entity<Answer>().HasIndex(answer => answer.Status);
        modelBuilder.Entity<AnswerEventRow>().HasKey(row => new { row.AnswerId, row.Index });
        modelBuilder.Entity<AnswerEventRow>().HasOne<Answer>().WithMany().HasForeignKey(row => row.AnswerId);
        modelBuilder.Entity<AnswerEventRow>().HasIndex(row => row.Label);
        modelBuilder.Entity<StoredTimeline>().HasKey(timeline => new { timeline.SessionId, timeline.ClipId, timeline.Kind });
        modelBuilder.Entity<StoredTimeline>().Property(timeline => timeline.Kind).HasConversion<string>();
        modelBuilder.Entity<StoredTimeline>().HasOne<Session>().WithMany().HasForeignKey(timeline => timeline.SessionId);
        modelBuilder.Entity<ShareLink>().HasIndex(link => link.SecretSha256).IsUnique();
        modelBuilder.Entity<ShareLink>().HasOne<Session>().WithMany().HasForeignKey(link => link.SessionId);
        modelBuilder.Entity<AnswerToken>().HasKey(token => new { token.AnswerId, token.Index });
        modelBuilder.Entity<AnswerToken>().HasOne<Answer>().WithMany().HasForeignKey(token => token.AnswerId);
        modelBuilder.Entity<AnswerPrefillRoutes>().HasKey(routes => new { routes.AnswerId, routes.Part });
        modelBuilder.Entity<AnswerPrefillRoutes>().HasOne<Answer>().WithMany().HasForeignKey(routes => routes.AnswerId);
    }

    // Word for word: nothing in it is taken for an operator.
    private static string Phrase(string part) => $"\"{part.Replace("\"", "\"\"", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal)}\"";

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();

    // As a number, because that sorts; SQLite knows no time, and the text form of an offset sorts wrongly.
    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(time => time.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    // What every connection needs beside its connection string. In WAL mode, NORMAL keeps all commits through the death of
    // the process, at a fraction of the cost of FULL.
    private sealed class Preparation : DbConnectionInterceptor
    {
        public static readonly Preparation Instance = new();

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Prepare(connection);

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Prepare(connection);
            return Task.CompletedTask;
        }

        private static void Prepare(DbConnection connection)
        {
            SqliteConnection sqlite = (SqliteConnection)connection;

            // Whatever the case of the letters, in any script; SQLite's own LIKE knows ASCII only.
            sqlite.CreateFunction("holds", (string? text, string? part) => text is not null && part is not null && text.Contains(part, StringComparison.OrdinalIgnoreCase), isDeterministic: true);
            using SqliteCommand command = sqlite.CreateCommand();
            command.CommandText = "PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=15000;";
            command.ExecuteNonQuery();
        }
    }
}
