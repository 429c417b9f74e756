using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MiniSora.Web.Storage.Migrations
{
    /// <inheritdoc />
    public partial class QueueAndScores : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "Joules",
                table: "Runs",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "JoulesPerVideoSecond",
                table: "Runs",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Machine",
                table: "Runs",
                type: "TEXT",
                maxLength: 120,
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "SecondsPerVideoSecond",
                table: "Runs",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "Charged",
                table: "Attempts",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.CreateTable(
                name: "ArenaVotes",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    MemberId = table.Column<Guid>(type: "TEXT", nullable: false),
                    FirstEntry = table.Column<long>(type: "INTEGER", nullable: false),
                    SecondEntry = table.Column<long>(type: "INTEGER", nullable: false),
                    Clip = table.Column<int>(type: "INTEGER", nullable: false),
                    Choice = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ArenaVotes", x => x.Id);
                    table.ForeignKey(
                        name: "FK_ArenaVotes_AspNetUsers_MemberId",
                        column: x => x.MemberId,
                        principalTable: "AspNetUsers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "LeaderboardEntries",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Number = table.Column<long>(type: "INTEGER", nullable: false),
                    OwnerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Title = table.Column<string>(type: "TEXT", maxLength: 120, nullable: false),
                    RunId = table.Column<Guid>(type: "TEXT", nullable: false),
                    CheckpointSha256 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    SpecYaml = table.Column<string>(type: "TEXT", nullable: false),
                    SpecHash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    EvaluationYaml = table.Column<string>(type: "TEXT", nullable: false),
                    Dataset = table.Column<string>(type: "TEXT", maxLength: 80, nullable: false),
                    Machine = table.Column<string>(type: "TEXT", maxLength: 120, nullable: false),
                    PeakMemoryBytes = table.Column<long>(type: "INTEGER", nullable: false),
                    Flops = table.Column<double>(type: "REAL", nullable: false),
                    DeviceSeconds = table.Column<double>(type: "REAL", nullable: false),
                    SecondsPerVideoSecond = table.Column<double>(type: "REAL", nullable: true),
                    JoulesPerVideoSecond = table.Column<double>(type: "REAL", nullable: true),
                    SamplingMachine = table.Column<string>(type: "TEXT", maxLength: 120, nullable: true),
                    ClaimedQuality = table.Column<double>(type: "REAL", nullable: true),
                    Level = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    Quality = table.Column<double>(type: "REAL", nullable: true),
                    QualityLow = table.Column<double>(type: "REAL", nullable: true),
                    QualityHigh = table.Column<double>(type: "REAL", nullable: true),
                    ScoreJson = table.Column<string>(type: "TEXT", nullable: true),
                    Disproved = table.Column<bool>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    LevelAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LeaderboardEntries", x => x.Id);
                    table.ForeignKey(
                        name: "FK_LeaderboardEntries_AspNetUsers_OwnerId",
                        column: x => x.OwnerId,
                        principalTable: "AspNetUsers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "MemberShares",
                columns: table => new
                {
                    MemberId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Weight = table.Column<double>(type: "REAL", nullable: false),
                    UsedSeconds = table.Column<double>(type: "REAL", nullable: false),
                    UsedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MemberShares", x => x.MemberId);
                    table.ForeignKey(
                        name: "FK_MemberShares_AspNetUsers_MemberId",
                        column: x => x.MemberId,
                        principalTable: "AspNetUsers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "RunForecasts",
                columns: table => new
                {
                    RunId = table.Column<Guid>(type: "TEXT", nullable: false),
                    SecondsLow = table.Column<double>(type: "REAL", nullable: false),
                    SecondsMid = table.Column<double>(type: "REAL", nullable: false),
                    SecondsHigh = table.Column<double>(type: "REAL", nullable: false),
                    MemoryBytes = table.Column<long>(type: "INTEGER", nullable: false),
                    DiskBytes = table.Column<long>(type: "INTEGER", nullable: false),
                    Calibrated = table.Column<bool>(type: "INTEGER", nullable: false),
                    StartLow = table.Column<long>(type: "INTEGER", nullable: true),
                    StartHigh = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RunForecasts", x => x.RunId);
                    table.ForeignKey(
                        name: "FK_RunForecasts_Runs_RunId",
                        column: x => x.RunId,
                        principalTable: "Runs",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "EntryChecks",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    EntryId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Kind = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 16, nullable: false),
                    RequestedBy = table.Column<Guid>(type: "TEXT", nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    EndedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    RunIds = table.Column<string>(type: "TEXT", nullable: false),
                    Repetitions = table.Column<int>(type: "INTEGER", nullable: false),
                    Result = table.Column<double>(type: "REAL", nullable: true),
                    Reason = table.Column<string>(type: "TEXT", maxLength: 40, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_EntryChecks", x => x.Id);
                    table.ForeignKey(
                        name: "FK_EntryChecks_LeaderboardEntries_EntryId",
                        column: x => x.EntryId,
                        principalTable: "LeaderboardEntries",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Attempts_Charged",
                table: "Attempts",
                column: "Charged");

            migrationBuilder.CreateIndex(
                name: "IX_ArenaVotes_MemberId_FirstEntry_SecondEntry_Clip",
                table: "ArenaVotes",
                columns: new[] { "MemberId", "FirstEntry", "SecondEntry", "Clip" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_EntryChecks_EntryId",
                table: "EntryChecks",
                column: "EntryId");

            migrationBuilder.CreateIndex(
                name: "IX_EntryChecks_State_Kind",
                table: "EntryChecks",
                columns: new[] { "State", "Kind" });

            migrationBuilder.CreateIndex(
                name: "IX_LeaderboardEntries_CheckpointSha256",
                table: "LeaderboardEntries",
                column: "CheckpointSha256");

            migrationBuilder.CreateIndex(
                name: "IX_LeaderboardEntries_Number",
                table: "LeaderboardEntries",
                column: "Number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_LeaderboardEntries_OwnerId",
                table: "LeaderboardEntries",
                column: "OwnerId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ArenaVotes");

            migrationBuilder.DropTable(
                name: "EntryChecks");

            migrationBuilder.DropTable(
                name: "MemberShares");

            migrationBuilder.DropTable(
                name: "RunForecasts");

            migrationBuilder.DropTable(
                name: "LeaderboardEntries");

            migrationBuilder.DropIndex(
                name: "IX_Attempts_Charged",
                table: "Attempts");

            migrationBuilder.DropColumn(
                name: "Joules",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "JoulesPerVideoSecond",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "Machine",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "SecondsPerVideoSecond",
                table: "Runs");

            migrationBuilder.DropColumn(
                name: "Charged",
                table: "Attempts");
        }
    }
}
