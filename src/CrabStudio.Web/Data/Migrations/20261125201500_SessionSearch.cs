using CrabStudio.Web.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CrabStudio.Web.Data.Migrations;

/// <summary>
/// The full-text index of sessions, and indexes of what their list is filtered by. Written by hand, because the model knows
/// none of it: the database itself keeps it right, in the transaction of whoever writes.
/// </summary>
/// <remarks>
/// SearchTexts holds one text a session (name, notes, tags, names of clips, labels of timelines) and one an answer (question
/// and text, which hold the labels of its events); SearchIndex is the index over it. Its tokenizer is trigram, because people
/// write without blanks in Chinese, Japanese and Thai, and look for parts of file names: every three letters in a row are a
/// term, in any script and whatever their case, so any part of a text of three letters or more is found by the index. Shorter
/// parts, of which Chinese has many words, are looked for in SearchTexts one by one (<c>holds</c>). A migration that makes
/// one of the tables anew drops its triggers and must make them again.
/// </remarks>
[DbContext(typeof(StudioDatabase))]
[Migration("20261125201500_SessionSearch")]
public sealed class SessionSearch : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(Texts);
        migrationBuilder.Sql(Triggers);
        migrationBuilder.Sql(Filling);
        migrationBuilder.Sql(Filters);
    }

    /// <inheritdoc/>
    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Undoing);

    private const string Texts =
        """
        CREATE TABLE "SearchTexts" (
            "Id" INTEGER NOT NULL PRIMARY KEY,
            "SessionId" TEXT NOT NULL REFERENCES "Sessions" ("Id") ON DELETE CASCADE,
            "AnswerId" TEXT NULL REFERENCES "Answers" ("Id") ON DELETE CASCADE,
            "Text" TEXT NOT NULL);
        CREATE UNIQUE INDEX "IX_SearchTexts_SessionId" ON "SearchTexts" ("SessionId") WHERE "AnswerId" IS NULL;
        CREATE UNIQUE INDEX "IX_SearchTexts_AnswerId" ON "SearchTexts" ("AnswerId");
        CREATE VIRTUAL TABLE "SearchIndex" USING fts5("Text", content='SearchTexts', content_rowid='Id', tokenize='trigram');
        CREATE TRIGGER "SearchTexts_Insert" AFTER INSERT ON "SearchTexts" BEGIN
            INSERT INTO "SearchIndex" (rowid, "Text") VALUES (NEW."Id", NEW."Text");
        END;
        CREATE TRIGGER "SearchTexts_Delete" AFTER DELETE ON "SearchTexts" BEGIN
            INSERT INTO "SearchIndex" ("SearchIndex", rowid, "Text") VALUES ('delete', OLD."Id", OLD."Text");
        END;
        CREATE TRIGGER "SearchTexts_Update" AFTER UPDATE OF "Text" ON "SearchTexts" WHEN OLD."Text" IS NOT NEW."Text" BEGIN
            INSERT INTO "SearchIndex" ("SearchIndex", rowid, "Text") VALUES ('delete', OLD."Id", OLD."Text");
            INSERT INTO "SearchIndex" (rowid, "Text") VALUES (NEW."Id", NEW."Text");
        END;
        CREATE VIEW "SessionTexts" AS SELECT "Id" AS "SessionId", "Title" || char(10) || "Notes"
            || coalesce((SELECT char(10) || group_concat("Tag", char(10)) FROM "SessionTags" WHERE "SessionId" = "s"."Id"), '')
            || coalesce((SELECT char(10) || group_concat("c"."FileName", char(10)) FROM "SessionClips" JOIN "Clips" AS "c" ON "c"."Id" = "ClipId" WHERE "SessionId" = "s"."Id"), '')
            || coalesce((SELECT char(10) || group_concat("j"."value", char(10)) FROM "Timelines", json_tree(CASE WHEN json_valid("ContentJson") THEN "ContentJson" ELSE '{}' END) AS "j" WHERE "SessionId" = "s"."Id" AND "j"."key" = 'label' AND "j"."type" = 'text'), '') AS "Text"
            FROM "Sessions" AS "s";
        """;

    // What is deleted with its session needs no new text.
    private const string Triggers =
        """
        CREATE TRIGGER "Sessions_Search_Insert" AFTER INSERT ON "Sessions" BEGIN
            INSERT INTO "SearchTexts" ("SessionId", "Text") SELECT "SessionId", "Text" FROM "SessionTexts" WHERE "SessionId" = NEW."Id";
        END;
        CREATE TRIGGER "Sessions_Search_Update" AFTER UPDATE OF "Title", "Notes" ON "Sessions" BEGIN
            UPDATE "SearchTexts" SET "Text" = (SELECT "Text" FROM "SessionTexts" WHERE "SessionId" = NEW."Id") WHERE "SessionId" = NEW."Id" AND "AnswerId" IS NULL;
        END;
        CREATE TRIGGER "SessionTags_Search_Insert" AFTER INSERT ON "SessionTags" BEGIN
            UPDATE "SearchTexts" SET "Text" = (SELECT "Text" FROM "SessionTexts" WHERE "SessionId" = NEW."SessionId") WHERE "SessionId" = NEW."SessionId" AND "AnswerId" IS NULL;
        END;
        CREATE TRIGGER "SessionTags_Search_Delete" AFTER DELETE ON "SessionTags" WHEN EXISTS (SELECT 1 FROM "Sessions" WHERE "Id" = OLD."SessionId") BEGIN
            UPDATE "SearchTexts" SET "Text" = (SELECT "Text" FROM "SessionTexts" WHERE "SessionId" = OLD."SessionId") WHERE "SessionId" = OLD."SessionId" AND "AnswerId" IS NULL;
        END;
        CREATE TRIGGER "SessionClips_Search_Insert" AFTER INSERT ON "SessionClips" BEGIN
            UPDATE "SearchTexts" SET "Text" = (SELECT "Text" FROM "SessionTexts" WHERE "SessionId" = NEW."SessionId") WHERE "SessionId" = NEW."SessionId" AND "AnswerId" IS NULL;
        END;
        CREATE TRIGGER "SessionClips_Search_Delete" AFTER DELETE ON "SessionClips" WHEN EXISTS (SELECT 1 FROM "Sessions" WHERE "Id" = OLD."SessionId") BEGIN
            UPDATE "SearchTexts" SET "Text" = (SELECT "Text" FROM "SessionTexts" WHERE "SessionId" = OLD."SessionId") WHERE "SessionId" = OLD."SessionId" AND "AnswerId" IS NULL;
        END;
        CREATE TRIGGER "Timelines_Search_Insert" AFTER INSERT ON "Timelines" BEGIN
            UPDATE "SearchTexts" SET "Text" = (SELECT "Text" FROM "SessionTexts" WHERE "SessionId" = NEW."SessionId") WHERE "SessionId" = NEW."SessionId" AND "AnswerId" IS NULL;
        END;
        CREATE TRIGGER "Timelines_Search_Update" AFTER UPDATE OF "ContentJson" ON "Timelines" BEGIN
            UPDATE "SearchTexts" SET "Text" = (SELECT "Text" FROM "SessionTexts" WHERE "SessionId" = NEW."SessionId") WHERE "SessionId" = NEW."SessionId" AND "AnswerId" IS NULL;
        END;
        CREATE TRIGGER "Timelines_Search_Delete" AFTER DELETE ON "Timelines" WHEN EXISTS (SELECT 1 FROM "Sessions" WHERE "Id" = OLD."SessionId") BEGIN
            UPDATE "SearchTexts" SET "Text" = (SELECT "Text" FROM "SessionTexts" WHERE "SessionId" = OLD."SessionId") WHERE "SessionId" = OLD."SessionId" AND "AnswerId" IS NULL;
        END;
        CREATE TRIGGER "Answers_Search_Insert" AFTER INSERT ON "Answers" BEGIN
            INSERT INTO "SearchTexts" ("SessionId", "AnswerId", "Text") VALUES (NEW."SessionId", NEW."Id", NEW."QuestionText" || char(10) || NEW."Text");
        END;
        CREATE TRIGGER "Answers_Search_Update" AFTER UPDATE OF "QuestionText", "Text" ON "Answers" BEGIN
            UPDATE "SearchTexts" SET "Text" = NEW."QuestionText" || char(10) || NEW."Text" WHERE "AnswerId" = NEW."Id";
        END;
        """;

    private const string Filling =
        """
        INSERT INTO "SearchTexts" ("SessionId", "Text") SELECT "SessionId", "Text" FROM "SessionTexts";
        INSERT INTO "SearchTexts" ("SessionId", "AnswerId", "Text") SELECT "SessionId", "Id", "QuestionText" || char(10) || "Text" FROM "Answers";
        """;

    // Of the bin only what is in it: over all, SQLite would take it for the best way to those that are not, and sort them.
    private const string Filters =
        """
        DROP INDEX "IX_Sessions_DeletedAt";
        CREATE INDEX "IX_Sessions_DeletedAt" ON "Sessions" ("DeletedAt") WHERE "DeletedAt" IS NOT NULL;
        CREATE INDEX "IX_Sessions_Kept" ON "Sessions" ("UpdatedAt" DESC, "Id") WHERE "DeletedAt" IS NULL;
        CREATE INDEX "IX_Sessions_Folder" ON "Sessions" ("Folder") WHERE "DeletedAt" IS NULL;
        CREATE INDEX "IX_Sessions_Starred" ON "Sessions" ("UpdatedAt" DESC, "Id") WHERE "Starred" AND "DeletedAt" IS NULL;
        CREATE INDEX "IX_Answers_TaskKey" ON "Answers" ("TaskKey", "SessionId");
        CREATE INDEX "IX_Answers_Model" ON "Answers" (json_extract("ModelJson", '$.name'), "SessionId");
        CREATE INDEX "IX_Answers_Altered" ON "Answers" ("SessionId") WHERE "InterventionJson" IS NOT NULL;
        CREATE INDEX "IX_AnswerEvents_Word" ON "AnswerEvents" ("Label" COLLATE NOCASE, "AnswerId", "Start", "End");
        """;

    private const string Undoing =
        """
        DROP TRIGGER "SearchTexts_Insert";
        DROP TRIGGER "SearchTexts_Delete";
        DROP TRIGGER "SearchTexts_Update";
        DROP TRIGGER "Sessions_Search_Insert";
        DROP TRIGGER "Sessions_Search_Update";
        DROP TRIGGER "SessionTags_Search_Insert";
        DROP TRIGGER "SessionTags_Search_Delete";
        DROP TRIGGER "SessionClips_Search_Insert";
        DROP TRIGGER "SessionClips_Search_Delete";
        DROP TRIGGER "Timelines_Search_Insert";
        DROP TRIGGER "Timelines_Search_Update";
        DROP TRIGGER "Timelines_Search_Delete";
        DROP TRIGGER "Answers_Search_Insert";
        DROP TRIGGER "Answers_Search_Update";
        DROP INDEX "IX_Sessions_DeletedAt";
        CREATE INDEX "IX_Sessions_DeletedAt" ON "Sessions" ("DeletedAt");
        DROP INDEX "IX_Sessions_Kept";
        DROP INDEX "IX_Sessions_Folder";
        DROP INDEX "IX_Sessions_Starred";
        DROP INDEX "IX_Answers_TaskKey";
        DROP INDEX "IX_Answers_Model";
        DROP INDEX "IX_Answers_Altered";
        DROP INDEX "IX_AnswerEvents_Word";
        DROP VIEW "SessionTexts";
        DROP TABLE "SearchIndex";
        DROP TABLE "SearchTexts";
        """;
}
